import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stringify } from "yaml";

/** Files of a checkout by path: text and bytes as they stand, anything else as YAML. */
export type CheckoutFiles = Readonly<Record<string, unknown>>;

export const digest = `sha256:${"a".repeat(64)}`;
export const reference = (name: string): string => `registry.example.com/shop/${name}:1.2.0@${digest}`;

export const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFuIGV4YW1wbGUsIGFuZCBub2JvZHkncyBvd24ga2V5";

/** Settings without a fault, below `terrace:`. */
export const goodSettings = {
  environment: "staging",
  host: { name: "staging-1", address: "203.0.113.7", hostKey: publicKey },
  registry: { address: "registry.example.com" },
  platform: { mode: "own", ingress: { image: reference("traefik") } },
  edge: { zoneName: "example.com", records: [{ name: "shop.example.com", type: "A" }] },
  apps: {
    shop: {
      images: { web: reference("web"), database: reference("database") },
      release: { version: "1.2.0", commit: "0123abcd", requestedBy: "alice", run: "local" },
      routes: [{ name: "web", host: "shop.example.com", service: "web", port: 8080 }],
    },
  },
} as const;

export const goodAppFiles: CheckoutFiles = {
  "apps/shop/compose.yaml": {
    services: {
      web: { "x-terrace": { role: "web" }, image: "registry.example.com/shop/web", healthcheck: { test: "true" } },
      database: { "x-terrace": { role: "data" }, image: "registry.example.com/shop/database", healthcheck: { test: "true" } },
    },
  },
  "apps/shop/app.yaml": { releaseEcho: { route: "web", path: "/release" }, smoke: [{ name: "answers", route: "web", path: "/" }] },
  "apps/shop/secrets.yaml": {
    variables: { DATABASE_PASSWORD: { description: "Of the database", services: ["web", "database"], onRollback: "latest" } },
  },
};

/** A stack file with these settings. */
export function stackFile(settings: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const keys = Object.entries(settings).map(([key, value]) => [`terrace:${key}`, value]);
  return { config: { "pulumi:disable-default-providers": ["*"], ...Object.fromEntries(keys) } };
}

/** A checkout of its own with these files, removed after the test file. Returns its root. */
export function makeCheckout(files: CheckoutFiles): string {
  const root = mkdtempSync(join(tmpdir(), "terrace-checkout-"));
  made.push(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === "string" || content instanceof Uint8Array ? content : stringify(content));
  }
  return root;
}

/** The same without one key. */
export function without<T>(mapping: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(mapping).filter(([name]) => name !== key));
}

const made: string[] = [];
after(() => {
  for (const root of made.splice(0)) rmSync(root, { recursive: true, force: true });
});

/** The message that `work` throws. Fails where it throws none. */
export function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  }
  throw new Error("nothing was thrown");
}
