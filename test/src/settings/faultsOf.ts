import assert from "node:assert/strict";
import { readStackFile } from "../../../src/settings/stackFile.ts";
import { type CheckoutFiles, goodAppFiles, makeCheckout, messageOf, stackFile } from "./checkout.ts";

/** Puts a value at a path into a copy; `undefined` removes. */
export function changed(value: unknown, path: string, to: unknown): Record<string, unknown> {
  const copy = structuredClone(value) as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let at: Record<string, unknown> = copy;
  for (const key of keys) at = (at[key] ??= {}) as Record<string, unknown>;
  if (to === undefined) Reflect.deleteProperty(at, last);
  else at[last] = to;
  return copy;
}

/** The faults of a checkout with these settings, and with `files` beside or instead of the good ones. */
export function faultsOf(settings: Readonly<Record<string, unknown>>, files: CheckoutFiles = {}): readonly string[] {
  const root = makeCheckout({ "Pulumi.staging.yaml": stackFile(settings), ...goodAppFiles, ...files });
  const [head, ...lines] = messageOf(() => readStackFile("staging", root)).split("\n");
  assert.equal(head, `Pulumi.staging.yaml: ${lines.length} ${lines.length === 1 ? "fault" : "faults"}`);
  return lines.map((line) => line.slice(2));
}
