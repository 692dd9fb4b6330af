import type { Manifest } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { Failure } from "../ending.ts";
import { routeClash, routedInstances } from "../ingress/view.ts";
import { readOwner } from "../state/owner.ts";

/**
 * Refuses routes that another instance has, by what Traefik routes now. Asked before anything is changed, and again once the candidate's own
 * routers are there: of two attempts that began together, each with the name still free, the later one sees the other. Throws
 * `Failure (route_clash)`.
 */
export async function requireFreeRoutes(
  { instance, environment, release }: Manifest,
  { ingress, paths }: Pick<Context, "ingress" | "paths">,
): Promise<void> {
  if (release.routes.length === 0) return;
  const view = await ingress.view();
  const neighbours = new Set<string>();
  for (const other of routedInstances(view)) {
    // A record that cannot be read is its own instance's trouble; here it only means that nobody may share its names.
    const owner = await readOwner(paths, other).catch(() => undefined);
    if (owner?.owner.stack === environment) neighbours.add(other);
  }
  const clash = routeClash(view, instance, release.routes, neighbours);
  if (clash !== undefined) throw new Failure("refused", "route_clash", clash);
}
