/** Values of the secret store by folder and name: the same name may stand in several folders. */
export type Folders = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Where secrets come from. Bound to one project and one environment of the store. */
export interface SecretSource {
  /** How messages call it: `Infisical at https://…, environment "staging"`. */
  readonly name: string;
  /**
   * Everything in the folders asked for, imports merged and references expanded. A folder that does not exist is empty.
   * Throws a UserError that says which of the many ways to fail it was, within 15 seconds.
   */
  read(folders: readonly string[]): Promise<Folders>;
}

/** A source that can also be given values. */
export interface SecretStore extends SecretSource {
  /**
   * Puts a value where none is, or where only a place holder of the template stands. `exists`: somebody was faster, and nothing was changed.
   * Throws a UserError as `read` does.
   */
  put(folder: string, name: string, value: string): Promise<"written" | "exists">;
}

/** What the template holds where a person puts a value in. */
export const fillInPlaceholder = "<fill-in>";

/** What the template holds for values that `secrets generate` makes. */
export const generatePlaceholder = "<generate>";

/** Whether a value that can be made may be put here: nothing is, or only a place holder. */
export function isFree(value: string | undefined): boolean {
  return value === undefined || value === generatePlaceholder || value === fillInPlaceholder;
}
