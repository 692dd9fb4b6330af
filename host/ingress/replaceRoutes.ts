import type { Context } from "../context.ts";
import { ingressName } from "./api.ts";
import { readRouterFile, writeRouterFile } from "./routerFile.ts";

/**
 * Gives an instance this file, or none, and waits until Traefik routes by it. Nothing is done, and nobody asked, where it is there already.
 * An ingress that does not run routes nothing to anybody, and reads the file when it starts. Throws `Failure (switch_not_confirmed)`.
 */
export async function replaceRoutes(instance: string, text: string | undefined, context: Context): Promise<void> {
  if ((await readRouterFile(context.paths, instance)) === text) return;
  await writeRouterFile(context.paths, instance, text);
  const ingress = await context.docker.container(ingressName);
  if (ingress?.running === true) await context.ingress.confirmed(instance, text);
  else context.progress.warn("the ingress does not run; it takes the routes as they are now when it starts");
}
