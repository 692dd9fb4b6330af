import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { sandboxVariables, writeAuthorities } from "./environment.ts";
import type { SandboxHandle } from "./index.ts";
import { installPulumi } from "./plugins/install.ts";
import type { Environment } from "./slot.ts";

/**
 * Everything `pulumi` needs to run a stack of this project in a sandbox: engine and plugins in place, backend and credentials named. What the
 * caller's own environment says of Pulumi, Infisical or Cloudflare is left out, so that a person's real accounts are never touched.
 */
export async function pulumiEnvironment(
  sandbox: Pick<SandboxHandle, "slot" | "seed">,
  environment: Environment,
): Promise<Record<string, string>> {
  const home = join(sandbox.slot.directory, "pulumi-home");
  await mkdir(join(sandbox.slot.directory, "pulumi"), { recursive: true });
  const installation = await installPulumi({ home });
  const outside = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && !/^(?:PULUMI|INFISICAL|CLOUDFLARE)_/.test(name),
  );
  return {
    ...(Object.fromEntries(outside) as Record<string, string>),
    ...sandboxVariables(sandbox.slot, sandbox.seed, environment),
    NODE_EXTRA_CA_CERTS: await writeAuthorities(sandbox.slot, process.env["NODE_EXTRA_CA_CERTS"]),
    ...installation.environment,
  };
}
