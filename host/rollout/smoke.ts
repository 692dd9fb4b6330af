import type { SmokeCheck } from "../../contract/index.ts";
import { Failure } from "../ending.ts";
import { writeRouterFile } from "../ingress/routerFile.ts";
import { candidateHeader, routerFileText } from "../ingress/routing.ts";
import { askLocally, showing, signpost } from "./ask.ts";
import { newTarget, oldTarget, routing } from "./attempt.ts";
import type { Attempt } from "./attempt.ts";
import { requireFreeRoutes } from "./freeRoutes.ts";
import { smokeFault } from "./verdict.ts";

/** Asks the candidate itself, through Traefik, on routers that only the holder of this rollout's token can reach. */
export async function smoke(attempt: Attempt): Promise<string> {
  const { context, manifest } = attempt;
  if (manifest.release.routes.length === 0) return "no routes, nothing to ask";
  await openCandidateRoutes(attempt);
  await requireFreeRoutes(manifest, context);

  const post = signpost(manifest);
  if (post?.echoes === true) {
    const { fault } = await showing(post, attempt.releaseId, candidateToken(attempt), attempt.mask);
    if (fault !== undefined) throw new Failure("aborted", "smoke_failed", `release echo: ${fault}`);
    context.progress.note(`${post.path} answers with the new release id`);
  }
  for (const check of manifest.release.checks.smoke) await run(attempt, check);
  return `${manifest.release.checks.smoke.length} checks passed`;
}

async function openCandidateRoutes(attempt: Attempt): Promise<void> {
  const { context, instance } = attempt;
  const text = routerFileText(routing(attempt, { serving: oldTarget(attempt), candidate: newTarget(attempt) }));
  await writeRouterFile(context.paths, instance, text);
  await context.ingress.confirmed(instance, text);
}

async function run(attempt: Attempt, check: SmokeCheck): Promise<void> {
  const { context, manifest } = attempt;
  const route = manifest.release.routes.find(({ name }) => name === check.route);
  if (route === undefined) throw new Error(`${check.name}: there is no route ${check.route}`);
  const { method, path, body, timeoutSeconds } = check;
  const headers = { ...check.headers, ...candidateToken(attempt) };
  const fault = await askLocally(route, { method, path, headers, body, timeoutSeconds }).then(
    (answer) => smokeFault(check, answer, attempt.mask),
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (fault !== undefined) throw new Failure("aborted", "smoke_failed", `${check.name}: ${method} ${path}: ${fault}`);
  context.progress.note(`${check.name}: passed`);
}

function candidateToken({ token }: Attempt): Record<string, string> {
  return { [candidateHeader]: token };
}
