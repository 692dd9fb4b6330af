import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { hostVariables, personVariables } from "../cli/remote.ts";
import { serviceNames } from "./names.ts";
import type { Seed } from "./seed.ts";
import { readIfPresent, replaceFile } from "./shared/files.ts";
import { cacheDirectory, checkoutDirectory } from "./shared/paths.ts";
import type { Environment, Slot } from "./slot.ts";

/** Passphrase of the committed sandbox stack files. It protects nothing: the sandbox's secrets live and die with a slot. */
export const sandboxPassphrase = "terrace-sandbox";

/** Variables by which ordinary programs (pulumi, node, our CLI) use a slot as their outside world, besides PATH and authorities. */
export function sandboxVariables(slot: Slot, seed: Seed, environment: Environment): Readonly<Record<string, string>> {
  const identity = seed.infisical.identities[environment];
  return {
    PULUMI_HOME: join(slot.directory, "pulumi-home"),
    PULUMI_BACKEND_URL: `file://${join(slot.directory, "pulumi")}`,
    PULUMI_CONFIG_PASSPHRASE: sandboxPassphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    INFISICAL_SITE_URL: `https://${serviceNames.infisical}`,
    INFISICAL_CLIENT_ID: identity.clientId,
    INFISICAL_CLIENT_SECRET: identity.clientSecret,
    INFISICAL_PROJECT_ID: seed.infisical.projectId,
    CLOUDFLARE_BASE_URL: `https://${serviceNames.cloudflare}/client/v4`,
    NODE_COMPILE_CACHE: join(cacheDirectory, "compile"),
    // Quoted: Node splits this variable at spaces.
    NODE_OPTIONS: `--import="${pathToFileURL(join(checkoutDirectory, "sandbox/resolver/preload.mjs")).href}"`,
    TERRACE_RESOLVER: slot.gateway.ipv4,
  };
}

/** Variables by which `npm run terrace` finds the slot's servers, and logs in there as the one operator that a sandbox has. */
export function operatorVariables(slot: Slot, seed: Seed): Readonly<Record<string, string>> {
  const servers = Object.entries(seed.servers).flatMap(([stack, { ipv4, hostKeys }]) => {
    const names = hostVariables(stack);
    return [
      [names.address, ipv4],
      [names.hostKey, hostKeys.ed25519],
    ] as const;
  });
  return {
    ...Object.fromEntries(servers),
    [personVariables.user]: "operator",
    [personVariables.identity]: join(slot.directory, "identities", "platform"),
  };
}

/**
 * Makes the file that Node takes further authorities from: the slot's CA after those that the shell already had, since the variable holds
 * one file only. `outer` is the file that the shell's owner has set, if any.
 */
export async function writeAuthorities(slot: Slot, outer: string | undefined): Promise<string> {
  const path = join(slot.directory, "ca", "node-extra-ca.crt");
  const ours = await readFile(slot.caCertificate, "utf8");
  // A shell that has sourced sandbox/env names this very file, which a reset removes.
  const before = outer === path ? ((await readIfPresent(path)) ?? "") : outer === undefined ? "" : await readFile(outer, "utf8");
  const others = before.replace(ours, "").trimEnd();
  await replaceFile(path, others === "" ? ours : `${others}\n${ours}`);
  return path;
}

/** Lines that a POSIX shell can evaluate. */
export function exportLines(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join("");
}
