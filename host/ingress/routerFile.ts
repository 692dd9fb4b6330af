import { readIfPresent, removeFile, replaceFile } from "../files.ts";
import type { HostPaths } from "../paths.ts";
import { tryRouterFile } from "./routing.ts";

/** Traefik (root in its container) and root read it; the probe token in it is for nobody else. */
const mode = 0o600;

export async function readRouterFile(paths: HostPaths, instance: string): Promise<string | undefined> {
  return readIfPresent(paths.routerFile(instance));
}

/**
 * The file to go back to: the one that is there, byte for byte. One that somebody broke by hand is none, since Traefik would never show it
 * and no way back would end; `anew` takes its place.
 */
export async function routerFileToKeep(paths: HostPaths, instance: string, anew: () => string | undefined): Promise<string | undefined> {
  const text = await readRouterFile(paths, instance);
  return text === undefined || tryRouterFile(text) !== undefined ? text : anew();
}

/** Puts an instance's file in place by rename, or takes it away. Traefik reads it by itself; ask its API whether it has. */
export async function writeRouterFile(paths: HostPaths, instance: string, text: string | undefined): Promise<void> {
  if (text === undefined) await removeFile(paths.routerFile(instance));
  else await replaceFile(paths.routerFile(instance), text, mode);
}
