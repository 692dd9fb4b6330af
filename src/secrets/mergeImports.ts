/** Names and values of one folder, or of one import into it. */
export type Values = Readonly<Record<string, string>>;

/**
 * What a folder holds with its imports, as Infisical's own command line sees it: the folder's own values win, and among imports the later
 * one wins. (The SDK's `listSecretsWithImports` lets the first one win.)
 */
export function mergeImports(own: Values, imports: readonly Values[]): ReadonlyMap<string, string> {
  return new Map([...imports, own].flatMap((values) => Object.entries(values)));
}
