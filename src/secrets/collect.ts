import { fault, type Fault, faultsError } from "../settings/fault.ts";
import type { Requirement } from "./requirement.ts";
import { fillInPlaceholder, type Folders, generatePlaceholder } from "./source.ts";
import { valueFault } from "./validation.ts";

/** Values by folder and name, as far as they were asked for. Never leaves `src/secrets`. */
export interface Collected {
  /** The value, or `undefined` for an optional variable that is absent. Throws for one that nobody asked for: that is a bug. */
  value(folder: string, name: string): string | undefined;
}

/** Where a variable stands, for people: `/POSTGRES_PASSWORD`, `/truealpha/SESSION_SECRET`. */
export function placeOf(folder: string, name: string): string {
  return folder === "/" ? `/${name}` : `${folder}/${name}`;
}

/** A value that somebody put in: the template's place holder is none. */
function given(folders: Folders, folder: string, name: string): string | undefined {
  const value = folders.get(folder)?.get(name);
  return value === fillInPlaceholder ? undefined : value;
}

/** What is missing and what does not look as it must, all of it. No message holds a value or a part of one. */
export function secretFaults(requirements: readonly Requirement[], folders: Folders, stack: string): readonly Fault[] {
  return requirements.flatMap((requirement): Fault[] => {
    const { folder, name, neededBy, validate, optional, generate } = requirement;
    const value = given(folders, folder, name);
    const path = placeOf(folder, name);
    const canGenerate = generate === undefined ? undefined : `run "npm run secrets -- generate ${stack}"`;
    if (value === undefined)
      return optional ? [] : [fault(path, `is missing, ${neededBy} needs it`, canGenerate ?? "add it to the secret store")];
    if (value === generatePlaceholder && canGenerate !== undefined)
      return [fault(path, `is not generated yet, ${neededBy} needs it`, canGenerate)];
    const what = valueFault(value, validate);
    // A fault may bring its own next step along.
    return what === undefined ? [] : [what.includes("; ") ? { path, message: what } : fault(path, what, "correct it in the secret store")];
  });
}

/**
 * The values asked for. Throws one UserError that names everything that is missing or malformed, with who needs it; `between` are rules that
 * look at several values, and see only those that are right in themselves.
 */
export function collect(
  requirements: readonly Requirement[],
  folders: Folders,
  subject: { readonly source: string; readonly stack: string },
  between: (values: Collected) => Iterable<Fault> = () => [],
): Collected {
  const faults = secretFaults(requirements, folders, subject.stack);
  const faulty = new Set(faults.map(({ path }) => path));
  const asked = new Set(requirements.map(({ folder, name }) => placeOf(folder, name)));
  const values: Collected = {
    value: (folder, name) => {
      const place = placeOf(folder, name);
      if (!asked.has(place)) throw new Error(`secret ${place}: nobody said that this stack needs it`);
      return faulty.has(place) ? undefined : given(folders, folder, name);
    },
  };
  const all = [...faults, ...between(values)];
  if (all.length > 0) throw faultsError(subject.source, all);
  return values;
}

/** A value that must be there, since `collect` would have told otherwise. */
export function valueOf(values: Collected, folder: string, name: string): string {
  const value = values.value(folder, name);
  if (value === undefined) throw new Error(`secret ${placeOf(folder, name)}: is absent, and nothing said so`);
  return value;
}
