import type { AppDraft } from "../appFiles.ts";
import { fault, type Fault, type PathSegment, pathText } from "../fault.ts";
import { type DigestsFile, imageDigestsFileName } from "../imageDigests.ts";
import type { StackInput } from "../schema.ts";

/** A value some parts of which may have been left out because they were faulty. */
export type Draft<T> = T extends readonly (infer Item)[]
  ? readonly (Draft<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Draft<T[Key]> | undefined }
    : T;

/** What rules between fields look at. */
export interface RuleContext {
  /** Name of the Pulumi stack. */
  readonly stack: string;
  readonly settings: Draft<StackInput>;
  /** By app: what could be read of its folder. */
  readonly apps: Readonly<Record<string, AppDraft>>;
  readonly digests: DigestsFile;
}

/** A rule between fields. Silent about what is absent: the schema has told that already. */
export type Rule = (context: RuleContext) => Iterable<Fault>;

/** A fault in the stack file. */
export function faultAt(path: readonly PathSegment[], what: string, next: string): Fault {
  return fault(pathText(path), what, next);
}

/** A fault in a file of an app. */
export function faultIn(file: string, path: readonly PathSegment[], what: string, next: string): Fault {
  return fault(`${file}: ${pathText(path)}`, what, next);
}

/** Members of a list that are there, with their places. */
export function* members<T>(list: readonly (T | undefined)[] | undefined): Iterable<readonly [number, T]> {
  for (const [index, member] of (list ?? []).entries()) if (member !== undefined) yield [index, member];
}

/** Members of a mapping that are there. */
export function* entries<T>(mapping: Readonly<Record<string, T | undefined>> | undefined): Iterable<readonly [string, T]> {
  for (const [key, member] of Object.entries(mapping ?? {})) if (member !== undefined) yield [key, member];
}

/** Whether somebody wrote a key at all. One whose value is faulty is there, and has been told already. */
export function isWritten(mapping: object, key: string): boolean {
  return Object.hasOwn(mapping, key);
}

/** The command that writes an app's images into a stack file, as it can be pasted. */
export function promoteCommand(stack: string, app: string): string {
  return `run "npm run promote -- ${stack} --app ${app} --digests ${imageDigestsFileName}"`;
}

export function listed(names: Iterable<string>): string {
  return [...names].sort().join(", ") || "none";
}
