import type { Recipe } from "./recipe.ts";
import { api } from "./recipes/api.ts";
import { postgres } from "./recipes/postgres.ts";
import { redis } from "./recipes/redis.ts";
import { flower, neo4j } from "./recipes/standIns.ts";
import { traefik } from "./recipes/traefik.ts";
import { worker } from "./recipes/worker.ts";
import { variantOf, type Variant } from "./variant.ts";

/** All images, those that take longest to make first: Traefik is compiled, for minutes, when no cache has it. */
export const catalog: readonly Recipe[] = [traefik, postgres, worker, api, redis, neo4j, flower];

/** One build of one image. */
export interface Order {
  readonly recipe: Recipe;
  readonly variant: Variant;
}

/**
 * What to build. `truealpha/api` means all its usual tags, `truealpha/api:v7` that one, nothing at all everything. Throws with all faults
 * when a name or tag is not known.
 */
export function ordersFor(names: readonly string[]): readonly Order[] {
  const asked = names.length > 0 ? names : catalog.map((recipe) => recipe.repository);
  const faults: string[] = [];
  const orders = asked.flatMap((name) => {
    try {
      return order(name);
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
      return [];
    }
  });
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return [...new Map(orders.map((one) => [`${one.recipe.repository}:${one.variant.tag}`, one])).values()];
}

function order(name: string): readonly Order[] {
  const [repository = "", tag, ...rest] = name.split(":");
  const recipe = catalog.find((one) => one.repository === repository);
  if (recipe === undefined || rest.length > 0) {
    throw new Error(`image "${name}": there are ${catalog.map((one) => one.repository).join(", ")}, each with or without ":tag"`);
  }
  const tags = tag === undefined ? recipe.tags : [tag];
  return tags.map((one) => ({ recipe, variant: recipe.variants ? variantOf(one) : fixedVariant(recipe, one) }));
}

function fixedVariant(recipe: Recipe, tag: string): Variant {
  if (recipe.tags.includes(tag)) return { tag, version: tag, mode: "normal" };
  throw new Error(`image "${recipe.repository}:${tag}": it has no such tag, only ${recipe.tags.join(", ")}`);
}
