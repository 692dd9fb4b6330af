import type { DataRequest, SecretsRequest } from "../../../contract/index.ts";

export const instance = "ledger-staging";
const owner = { project: "ledger", stack: "staging" };
export const fingerprints = { first: "a".repeat(64), second: "b".repeat(64), file: "c".repeat(64) };

/** The set of its secrets. */
export const ledgerSecrets = (fingerprint: string, password: string): SecretsRequest => ({
  contract: 1,
  request: "secrets",
  epoch: 1,
  instance,
  environment: "staging",
  owner,
  sets: [
    {
      part: "data",
      fingerprint,
      variables: { REDIS_PASSWORD: { value: password, onRollback: "release" }, OTHER: { value: "not-for-redis", onRollback: "release" } },
      services: ["cache"],
    },
  ],
});
/** The request for its two Redis of that image: one that gets a password, one that gets none. */
export const ledgerRequest = (redis: string, change: (it: DataRequest) => void = () => undefined): DataRequest => {
  const healthcheck = { test: ["CMD", "/usr/local/bin/healthy"], interval: "1s", timeout: "5s", retries: 3, start_period: "20s" };
  const service = (source: string) => ({ image: redis, healthcheck, volumes: [{ type: "volume" as const, source, target: "/data" }] });
  const made: DataRequest = {
    contract: 1,
    request: "data",
    epoch: 1,
    instance,
    app: "ledger",
    environment: "staging",
    owner: { ...owner },
    document: {
      services: { cache: { ...service("cache"), environment: { REDIS_PASSWORD: null } }, queue: service("queue") },
      networks: { default: { external: true, name: `${instance}-data` } },
      volumes: {
        cache: { external: true, name: `${instance}_cache` },
        queue: { external: true, name: `${instance}_queue` },
      },
    },
    volumes: ["cache", "queue", "uploads"],
    variables: { cache: ["REDIS_PASSWORD"] },
    secrets: fingerprints.first,
    healthTimeoutSeconds: 60,
  };
  change(made);
  return made;
};
