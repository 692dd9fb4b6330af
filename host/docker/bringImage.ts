import { parseReference } from "../../contract/index.ts";
import type { Context } from "../context.ts";

/**
 * Brings an image onto this host, with the credentials that the environment has for its registry. What is here already is taken as it is; then
 * the registry is not even asked. Returns whether it was fetched.
 */
export async function bringImage(
  { docker, hostSecrets, progress }: Pick<Context, "docker" | "hostSecrets" | "progress">,
  environment: string,
  reference: string,
): Promise<boolean> {
  if ((await docker.image(reference)) !== undefined) return false;
  const registry = parseReference(reference)?.registry ?? "";
  const credentials = await hostSecrets.registryCredentials(environment, registry);
  let layers = "";
  await docker.pull(reference, credentials, (done, known) => (layers = `, ${done} of ${known} layers`));
  progress.note(`fetched ${reference.slice(0, reference.indexOf("@"))}${layers}`);
  return true;
}
