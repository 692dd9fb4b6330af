import type { Fault } from "../../components/shared/fault.ts";
import { UserError } from "./userError.ts";

export { fault, type Fault, type PathSegment, pathText, secretLook, seen } from "../../components/shared/fault.ts";

const order = new Intl.Collator("en", { numeric: true });

/** All faults in one error, sorted by path: a person mends them in one go. `subject` is the file or files they are in. */
export function faultsError(subject: string, faults: readonly Fault[]): UserError {
  const lines = [...faults]
    .sort((left, right) => order.compare(left.path, right.path) || order.compare(left.message, right.message))
    .map(({ path, message }) => `  ${path}: ${message}`);
  return new UserError([`${subject}: ${faults.length} ${faults.length === 1 ? "fault" : "faults"}`, ...lines].join("\n"));
}
