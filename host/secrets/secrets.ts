import type { SecretsRequest } from "../../contract/index.ts";
import { canonicalJson } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { Failure, succeeded } from "../ending.ts";
import type { Ending } from "../ending.ts";
import { claimInstance } from "../state/owner.ts";
import { verb } from "../verb.ts";
import { maximumSealedBytes } from "./seal.ts";
import { keepSet } from "./store.ts";

/** Seals what the containers of an instance see, so that releases, rollbacks and reboots need no secret store. */
export const secretsVerb = verb({
  accepts: "secrets",
  lease: ({ instance }) => instance,
  run: keepSecrets,
});

async function keepSecrets(request: SecretsRequest, context: Context): Promise<Ending> {
  const { instance, owner, sets } = request;
  sets.forEach((set, index) => {
    if (sets.findIndex(({ part }) => part === set.part) !== index) throw invalid(`sets: two are for the part "${set.part}"`);
    const bytes = Buffer.byteLength(canonicalJson(set));
    if (bytes > maximumSealedBytes)
      throw invalid(`sets.${index}: ${bytes} bytes in all are more than a host seals (${maximumSealedBytes})`);
  });
  await claimInstance(context, instance, owner);
  const results: string[] = [];
  let unchanged = true;
  for (const set of sets) {
    const result = await keepSet(context, instance, set);
    unchanged &&= result === "unchanged";
    results.push(`${set.part} ${set.fingerprint.slice(0, 12)} (${Object.keys(set.variables).length} variables) ${result}`);
  }
  return succeeded({
    outcome: unchanged ? "unchanged" : "deployed",
    code: "ok",
    what: `secrets of ${instance}: ${results.join(", ")}`,
    instance,
  });
}

function invalid(what: string): Failure {
  return new Failure("invalid", "malformed_request", what);
}
