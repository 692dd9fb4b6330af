import { readStackFile } from "../../../src/settings/stackFile.ts";
import type { Settings } from "../../../src/settings/settings.ts";
import { generateSshKey } from "../../../src/secrets/sshKey.ts";
import { type CheckoutFiles, goodAppFiles, goodSettings, makeCheckout, stackFile, without } from "../settings/checkout.ts";
import { certificateFor } from "./certificate.ts";

const origin = await certificateFor(["shop.example.com"], 30);

/** A value for everything that the stack of `checkout.ts` needs. */
export const goodValues: Readonly<Record<string, string>> = {
  SSH_USER: "deploy-staging",
  SSH_PRIVATE_KEY: generateSshKey("deploy"),
  PLATFORM_SSH_USER: "root",
  PLATFORM_SSH_PRIVATE_KEY: generateSshKey("platform"),
  CLOUDFLARE_API_TOKEN: "c".repeat(40),
  CLOUDFLARE_ZONE_ID: "0".repeat(32),
  REGISTRY_USERNAME: "puller",
  REGISTRY_PASSWORD: "registry-hunter2",
  ORIGIN_CERTIFICATE: origin.certificate,
  ORIGIN_PRIVATE_KEY: origin.privateKey,
  FINGERPRINT_KEY: "f".repeat(64),
  DATABASE_PASSWORD: 'hunter2 "quoted" $dollar \\back\nnext # hash \\',
};

/** Settings of a checkout with these changes. */
export function settingsWith(changes: Readonly<Record<string, unknown>> = {}, files: CheckoutFiles = {}): Settings {
  const settings = Object.fromEntries(Object.entries<unknown>({ ...goodSettings, ...changes }).filter(([, value]) => value !== undefined));
  return readStackFile("staging", makeCheckout({ "Pulumi.staging.yaml": stackFile(settings), ...goodAppFiles, ...files }));
}

export { without };
