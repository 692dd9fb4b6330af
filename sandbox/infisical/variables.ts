import { generateKeyPairSync, randomBytes, randomInt } from "node:crypto";
import type { Seed } from "../seed.ts";
import type { Environment } from "../slot.ts";

/** What a value is made from. */
export interface VariableContext {
  readonly environment: Environment;
  readonly seed: Seed;
  /** One pair per environment: two variables hold its halves. */
  readonly pushKeys: { readonly publicKey: string; readonly privateKey: string };
}

/**
 * `known`: what the sandbox knows, and planted again when that changes. `made`: random, made once. `generated`: the same, and one of those
 * that the product's `secrets generate` makes; seeding can leave them to it.
 */
export interface SandboxVariable {
  readonly name: string;
  readonly folder: "/" | typeof providersFolder;
  readonly kind: "known" | "made" | "generated";
  readonly value: (context: VariableContext) => string;
}

/** Credentials for other people's services, imported into the root: so that reading the root means reading an import. */
export const providersFolder = "/providers";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const password = (length = 40): string => Array.from({ length }, () => letters.charAt(randomInt(letters.length))).join("");
const hex = (): string => randomBytes(32).toString("hex");
const base64 = (): string => randomBytes(32).toString("base64");

const known = (name: string, value: SandboxVariable["value"] | string): SandboxVariable => ({
  name,
  folder: "/",
  kind: "known",
  value: typeof value === "string" ? () => value : value,
});
const made = (name: string, value: SandboxVariable["value"]): SandboxVariable => ({ name, folder: "/", kind: "made", value });
const generated = (name: string, value: () => string): SandboxVariable => ({ name, folder: "/", kind: "generated", value });
const provider = (variable: SandboxVariable): SandboxVariable => ({ ...variable, folder: providersFolder });

/** Stands for a value that nobody has put in yet, as in the template. */
const absent = "<fill-in>";
const redis = "redis://:${REDIS_PASSWORD}@redis:6379";
/** Everything that quoting has ever gone wrong with; no `${`, which a store would take for a reference. */
const canary = `it's "quoted", $HOME and $$ and $(id), \`id\`, 100 % \\ back\\slash # no comment\nsecond line\tand a last \\`;

/** The 81 variables of an environment (requirement A6): 15 for the program, 66 for the containers of `truealpha`. */
export const sandboxVariables: readonly SandboxVariable[] = [
  known("SSH_HOST", ({ seed, environment }) => seed.servers[environment]?.ipv4 ?? absent),
  known("SSH_HOST_KEY", ({ seed, environment }) => seed.servers[environment]?.hostKeys.ed25519 ?? absent),
  known("SSH_USER", ({ environment }) => `deploy-${environment}`),
  known("SSH_PRIVATE_KEY", ({ seed, environment }) => seed.identities[`deploy-${environment}`].privateKey),
  known("PLATFORM_SSH_USER", ({ seed }) => seed.identities.platform.user),
  known("PLATFORM_SSH_PRIVATE_KEY", ({ seed }) => seed.identities.platform.privateKey),
  // The sandbox has one person: whoever holds its keys.
  known("OPERATOR_AUTHORIZED_KEYS", ({ seed }) => `${seed.identities.platform.publicKey.split(" ").slice(0, 2).join(" ")} operator`),
  known("CLOUDFLARE_API_TOKEN", ({ seed, environment }) => seed.cloudflare.tokens[environment]),
  known("CLOUDFLARE_ZONE_ID", ({ seed }) => seed.cloudflare.zoneId),
  known("REGISTRY_USERNAME", ({ seed }) => seed.registry.user),
  known("REGISTRY_PASSWORD", ({ seed }) => seed.registry.password),
  known("REGISTRY_AUTHORITY", ({ seed }) => seed.caCertificate),
  known("ORIGIN_CERTIFICATE", ({ seed }) => seed.origin.certificate),
  known("ORIGIN_PRIVATE_KEY", ({ seed }) => seed.origin.privateKey),
  generated("FINGERPRINT_KEY", hex),

  known("POSTGRES_USER", "truealpha"),
  generated("POSTGRES_PASSWORD", () => password()),
  known("POSTGRES_DB", "truealpha"),
  known("DATABASE_URL", "postgresql://${POSTGRES_USER}:${POSTGRES_PASSWORD}@postgres:5432/${POSTGRES_DB}"),
  generated("REDIS_PASSWORD", () => password()),
  known("REDIS_URL", `${redis}/1`),
  known("CELERY_BROKER_URL", `${redis}/0`),
  known("CELERY_RESULT_BACKEND", `${redis}/0`),
  known("NEO4J_USER", "neo4j"),
  generated("NEO4J_PASSWORD", () => password()),
  known("NEO4J_AUTH", "${NEO4J_USER}/${NEO4J_PASSWORD}"),
  known("FLOWER_USER", "flower"),
  generated("FLOWER_PASSWORD", () => password()),
  known("FLOWER_BASIC_AUTH", "${FLOWER_USER}:${FLOWER_PASSWORD}"),

  generated("SESSION_SECRET", hex),
  generated("JWT_SIGNING_KEY", base64),
  generated("JWT_REFRESH_KEY", base64),
  generated("CSRF_SECRET", hex),
  generated("COOKIE_ENCRYPTION_KEY", base64),
  generated("FIELD_ENCRYPTION_KEY", base64),
  generated("PASSWORD_PEPPER", hex),
  generated("WEBHOOK_SIGNING_SECRET", hex),
  known("ADMIN_EMAIL", ({ seed }) => `admin@${seed.domain}`),
  generated("ADMIN_INITIAL_PASSWORD", () => password(24)),
  generated("API_INTERNAL_TOKEN", hex),
  generated("WORKER_INTERNAL_TOKEN", hex),
  generated("GRAPHQL_INTROSPECTION_TOKEN", hex),
  generated("METRICS_TOKEN", hex),
  generated("RATE_LIMIT_SALT", hex),
  made("REPORT_SIGNING_KEY", () =>
    generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  ),

  known("OIDC_ISSUER_URL", ({ seed }) => `https://login.${seed.domain}/realms/truealpha`),
  known("OIDC_CLIENT_ID", ({ environment }) => `truealpha-${environment}`),
  made("OIDC_CLIENT_SECRET", () => password(32)),
  generated("OIDC_COOKIE_SECRET", base64),

  provider(known("SMTP_HOST", ({ seed }) => `mail.${seed.domain}`)),
  provider(known("SMTP_PORT", "587")),
  provider(known("SMTP_USERNAME", ({ environment }) => `truealpha-${environment}`)),
  provider(made("SMTP_PASSWORD", () => password(32))),
  provider(known("SMTP_FROM", ({ seed }) => `truealpha@${seed.domain}`)),
  provider(known("S3_ENDPOINT", ({ seed }) => `https://s3.${seed.domain}`)),
  provider(known("S3_REGION", "eu-central-1")),
  provider(known("S3_BUCKET", ({ environment }) => `truealpha-${environment}-uploads`)),
  provider(made("S3_ACCESS_KEY_ID", () => `AKIA${password(16).toUpperCase()}`)),
  provider(made("S3_SECRET_ACCESS_KEY", () => password())),
  // From another folder, by environment and path.
  known("BACKUP_S3_BUCKET", ({ environment }) => `\${${environment}.providers.S3_BUCKET}-backups`),
  generated("BACKUP_ENCRYPTION_KEY", base64),

  provider(made("SENTRY_DSN", ({ seed }) => `https://${randomBytes(16).toString("hex")}@sentry.${seed.domain}/4`)),
  provider(made("SIGNOZ_INGESTION_KEY", hex)),
  provider(made("LOG_SHIPPING_TOKEN", hex)),
  provider(made("OPENAI_API_KEY", () => `sk-proj-${password(48)}`)),
  provider(made("ANTHROPIC_API_KEY", () => `sk-ant-api03-${password(48)}`)),
  provider(made("MARKET_DATA_API_KEY", () => password(32))),
  provider(made("MARKET_DATA_API_SECRET", () => password(64))),
  provider(made("NEWS_API_KEY", () => randomBytes(16).toString("hex"))),
  provider(made("FRED_API_KEY", () => randomBytes(16).toString("hex"))),
  provider(known("ALPHA_FEED_USERNAME", ({ environment }) => `truealpha-${environment}`)),
  provider(made("ALPHA_FEED_PASSWORD", () => password(24))),
  provider(made("STRIPE_SECRET_KEY", () => `sk_test_${password(48)}`)),
  provider(made("STRIPE_WEBHOOK_SECRET", () => `whsec_${password(32)}`)),
  provider(
    made("SLACK_WEBHOOK_URL", ({ seed }) => `https://hooks.${seed.domain}/services/T${password(8)}/B${password(8)}/${password(24)}`),
  ),
  provider(made("TELEGRAM_BOT_TOKEN", () => `${randomInt(100_000_000, 1_000_000_000)}:${password(35)}`)),
  provider(made("PAGERDUTY_ROUTING_KEY", () => randomBytes(16).toString("hex"))),
  made("VAPID_PUBLIC_KEY", ({ pushKeys }) => pushKeys.publicKey),
  made("VAPID_PRIVATE_KEY", ({ pushKeys }) => pushKeys.privateKey),
  known("DELIVERY_CANARY", canary),
  known("DELIVERY_CANARY_AS_FILE", canary),
];
