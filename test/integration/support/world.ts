import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { downSandbox, type SandboxHandle, sshConnections, upSandbox } from "../../../sandbox/index.ts";
import { publishImages } from "../../../sandbox/images/publish.ts";
import { pulumiEnvironment } from "../../../sandbox/pulumiEnvironment.ts";
import type { Environment } from "../../../sandbox/slot.ts";
import { type Checkout, throwAwayCheckout } from "./checkout.ts";
import { type Pulumi, pulumiIn } from "./pulumi.ts";

/** A sandbox of the tests' own, with bare servers, and a throw-away checkout whose stacks run against it. */
export interface World {
  readonly sandbox: SandboxHandle;
  readonly checkout: Checkout;
  /** The command line with the credentials of an environment; the stack exists. */
  pulumi(environment: Environment): Promise<Pulumi>;
  /** Variables of that command line, for other programs. */
  environment(environment: Environment): Promise<Record<string, string>>;
  /** SSH connections that a server has taken so far, by its own log. */
  connections(server: string): Promise<number>;
  /** Requests to Cloudflare that changed something, so far. */
  cloudflareWrites(): Promise<readonly string[]>;
  /** Certificate authority of the sandbox, PEM. */
  readonly authority: string;
}

let made: Promise<World> | undefined;

/** One world for all files of a run: making servers takes longer than most tests. */
export function world(): Promise<World> {
  made ??= makeWorld();
  return made;
}

export async function endWorld(): Promise<void> {
  const present = await made?.catch(() => undefined);
  made = undefined;
  await present?.checkout.remove();
  await downSandbox({ purpose: "program", now: true, reset: true });
}

async function makeWorld(): Promise<World> {
  // What an earlier, killed run left must not make servers look half made.
  await downSandbox({ purpose: "program", now: true, reset: true, onLine: () => undefined });
  const [sandbox, checkout] = await Promise.all([upSandbox({ purpose: "program" }), throwAwayCheckout()]);
  await publishImages(sandbox, checkout.path("image-digests.json"));
  const environments = new Map<Environment, Promise<Record<string, string>>>();
  const environment = (name: Environment): Promise<Record<string, string>> => {
    // By name: several stacks are in use, and the one that is selected is whichever was opened last.
    const known = environments.get(name) ?? pulumiEnvironment(sandbox, name).then((variables) => ({ ...variables, PULUMI_STACK: name }));
    environments.set(name, known);
    return known;
  };
  const clis = new Map<Environment, Promise<Pulumi>>();
  const openStack = async (name: Environment): Promise<Pulumi> => {
    const pulumi = pulumiIn(checkout.directory, await environment(name));
    await pulumi.ok("stack", "select", "--create", name);
    return pulumi;
  };
  return {
    sandbox,
    checkout,
    environment,
    authority: await readFile(sandbox.slot.caCertificate, "utf8"),
    pulumi: (name) => {
      const known = clis.get(name) ?? openStack(name);
      clis.set(name, known);
      return known;
    },
    connections: (server) => sshConnections(sandbox.server(server)),
    cloudflareWrites: async () => {
      const text = await readFile(join(sandbox.slot.logs, "cloudflare.jsonl"), "utf8").catch(() => "");
      const lines = text.split("\n").filter((line) => line !== "");
      return lines
        .map((line) => JSON.parse(line) as { readonly write: boolean; readonly method: string; readonly path: string })
        .filter(({ write }) => write)
        .map(({ method, path }) => `${method} ${path}`);
    },
  };
}
