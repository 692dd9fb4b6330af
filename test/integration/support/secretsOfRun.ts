import { randomBytes } from "node:crypto";
import type { Secret } from "./secretScanner.ts";
import type { World } from "./world.ts";
import type { StoreValues } from "./storeValues.ts";

/** Names, addresses and public halves: they stand in the same store and are nobody's secret. */
const ordinary =
  /^(?:SSH_HOST|SSH_HOST_KEY|SSH_USER|PLATFORM_SSH_USER|OPERATOR_AUTHORIZED_KEYS|CLOUDFLARE_ZONE_ID|REGISTRY_USERNAME|REGISTRY_AUTHORITY|ORIGIN_CERTIFICATE|POSTGRES_(?:USER|DB)|NEO4J_USER|FLOWER_USER|ADMIN_EMAIL|OIDC_ISSUER_URL|OIDC_CLIENT_ID|SMTP_(?:HOST|PORT|USERNAME|FROM)|S3_(?:ENDPOINT|REGION|BUCKET)|BACKUP_S3_BUCKET|ALPHA_FEED_USERNAME|VAPID_PUBLIC_KEY)$/;

/** Everything secret that a run of staging has in its hands, in the order of the store, and what opens the store. */
export async function secretsOfRun({ sandbox }: World, store: StoreValues): Promise<readonly Secret[]> {
  const stored = Object.entries(await store.all()).filter(([name]) => !ordinary.test(name));
  return [
    ...stored.map(([name, value]) => ({ name, value })),
    { name: "INFISICAL_CLIENT_SECRET", value: sandbox.seed.infisical.identities.staging.clientSecret },
  ];
}

/** A new value with everything that quoting has ever gone wrong with; no `${`, which a store would take for a reference. */
export function awkwardValue(): string {
  const [one, two] = [randomBytes(9).toString("base64url"), randomBytes(9).toString("base64url")];
  return `it's "${one}", $HOME and $$ and $(id), \`id\`, 100 % \\ back\\slash # no comment\n<${two}> & line two\tand a last \\`;
}
