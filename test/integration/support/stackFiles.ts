import type { World } from "./world.ts";

/** Puts `prod` onto staging's server, by the lines that docs/own-servers.md names. What they must hold first is part of the text. */
export async function moveProdToStaging({ checkout, sandbox }: World): Promise<void> {
  const { servers, identities } = sandbox.seed;
  const server = servers["staging"];
  if (server === undefined) throw new Error("the sandbox has no server staging");
  await checkout.edit(
    "Pulumi.staging.yaml",
    "  terrace:platform:\n    mode: own\n",
    `  terrace:platform:\n    mode: own\n    environments:\n      prod: { publicKey: "${identities["deploy-prod"].publicKey}" }\n`,
  );
  await checkout.edit(
    "Pulumi.prod.yaml",
    "  terrace:host:\n    name: prod\n",
    `  terrace:host:\n    name: staging\n    address: ${server.ipv4}\n    hostKey: ${server.hostKeys.ed25519}\n`,
  );
  await checkout.edit("Pulumi.prod.yaml", /terrace:platform:\n(?: {4}.*\n)+/, "terrace:platform:\n    mode: reuse\n");
}
