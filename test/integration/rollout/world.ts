import { request as httpsRequest } from "node:https";
import type { Report, RolloutRequest } from "../../../contract/index.ts";
import { downSandbox, upSandbox } from "../../../sandbox/index.ts";
import type { SandboxHandle } from "../../../sandbox/index.ts";
import { pushedReferences } from "../../../sandbox/images/publish.ts";
import { hostOn, install } from "./host.ts";
import type { Call, Host } from "./host.ts";
import { shop, shopData, shopSecrets } from "./shop.ts";
import type { ShopOptions } from "./shop.ts";

const imageNames = [
  "terrace/traefik:v3",
  "truealpha/redis:8",
  ...["v1", "v2", "v3", "exits", "never-healthy", "smoke-fails"].map((tag) => `truealpha/api:${tag}`),
] as const;

/** What a visitor's request came back with. */
export interface Visit {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A server on which the shop is rolled out, and everything a test looks at. */
export interface RolloutWorld {
  readonly sandbox: SandboxHandle;
  readonly host: Host;
  /** Pinned references by name, such as `truealpha/api:v1`. */
  readonly images: Readonly<Record<string, string>>;
  /** A rollout request for the shop, with pinned references filled in. */
  readonly request: (options?: Omit<ShopOptions, "images">) => RolloutRequest;
  readonly rollOut: (options?: Omit<ShopOptions, "images">) => Promise<Call>;
  /** The whole report of an attempt. */
  report(number: number): Promise<Report>;
  /** As the edge would ask: TLS to the server, the public name as server name, the certificate verified. */
  readonly visit: (path: string, headers?: Readonly<Record<string, string>>, host?: string) => Promise<Visit>;
  /** Release id that answers on the probe's router, by the token in Traefik's file. */
  probedRelease(): Promise<string | undefined>;
  /** `<name> <state>` of the shop's containers that are no data service, sorted. */
  containers(): Promise<string[]>;
}

export const shopName = "shop.truealpha.test";

/** Boots a server of the tests' own and makes it a platform with the shop's data services. What is there already is left as it is. */
export async function rolloutWorld(): Promise<RolloutWorld> {
  const sandbox = await upSandbox({ purpose: "test", servers: ["rollout"], onLine: () => undefined });
  const references = Object.fromEntries(await pushedReferences(sandbox, imageNames));
  const host = hostOn(sandbox, "rollout");
  await install(host, "staging", references["terrace/traefik:v3"] ?? "");
  await host.result("secrets", shopSecrets());
  await host.result("data", shopData({ images: references }));

  const request = (options: Omit<ShopOptions, "images"> = {}): RolloutRequest => shop({ images: references, ...options });
  const visit = visitor(sandbox, host.place.address.ipv4);
  return {
    sandbox,
    host,
    images: references,
    request,
    rollOut: (options) => host.call("rollout", request(options)),
    report: async (number) => JSON.parse(await host.shell(`cat /var/lib/terrace/shop-staging/reports/${number}.json`)) as Report,
    visit,
    probedRelease: async () => {
      const file = await host.shell("cat /srv/terrace/ingress/dynamic/shop-staging.yml");
      const token = /X-Terrace-Probe`, `([0-9a-f]+)`/.exec(file)?.[1] ?? "";
      const { headers } = await visit("/", { "x-terrace-probe": token });
      return headers["x-terrace-release"] as string | undefined;
    },
    containers: async () => {
      const list = await host.shell(
        `docker ps --all --filter label=dev.terrace.instance=shop-staging --format '{{.Names}} {{.State}} {{.Label "dev.terrace.part"}}'`,
      );
      return list
        .split("\n")
        .filter((line) => line !== "" && !line.endsWith(" data"))
        .map((line) => line.replace(/ \w+$/, ""))
        .sort();
    },
  };
}

export async function endRolloutWorld(): Promise<void> {
  await downSandbox({ purpose: "test", now: true, onLine: () => undefined });
}

/** Retires the shop and forgets its releases, so that the next rollout is a first one. Data and secrets stay. */
export async function forgetShop({ host, request }: RolloutWorld): Promise<void> {
  const { exitCode, stderr } = await host.call("retire", request());
  if (exitCode !== 0) throw new Error(`retire ended with ${exitCode}: ${stderr}`);
  await host.shell("rm -rf /var/lib/terrace/shop-staging /srv/releases/stacks/shop-staging");
}

function visitor(sandbox: SandboxHandle, address: string): RolloutWorld["visit"] {
  return (path, headers = {}, host = shopName) =>
    new Promise((resolve, reject) => {
      const outgoing = httpsRequest(
        { host: address, port: 443, servername: host, ca: sandbox.seed.caCertificate, agent: false, path, headers: { host, ...headers } },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.once("error", reject);
          incoming.once("end", () =>
            resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks).toString() }),
          );
        },
      );
      outgoing.once("error", reject);
      outgoing.end();
    });
}

/** Looks until it holds; a look that fails counts as "not yet". */
export async function until(holds: () => Promise<boolean>, seconds = 60): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !(await holds().catch(() => false));) {
    if (Date.now() > end) throw new Error(`did not come true within ${seconds} s: ${holds.toString()}`);
  }
}
