import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCloudflare, tokenScopes, type CloudflareOptions, type CloudflareService } from "../../../sandbox/cloudflare/index.ts";
import { TestAuthority } from "../edge/certificates.ts";
import { ask } from "../edge/client.ts";

export const zoneId = "0123456789abcdef0123456789abcdef";
export const accountId = "fedcba9876543210fedcba9876543210";
export const token = "staging-token-0123456789-0123456789-0123";
export const dnsOnlyToken = "test-token-0123456789-0123456789-0123456";

/** Cloudflare's envelope, as far as tests look at it. */
export interface Envelope {
  readonly status: number;
  readonly success: boolean;
  // The result's shape is what each test asserts.
  readonly result: Record<string, unknown> & readonly Record<string, unknown>[];
  readonly errors: readonly { readonly code: number; readonly message: string; readonly source?: { readonly pointer: string } }[];
  readonly messages: readonly { readonly code: number }[];
  readonly result_info?: Readonly<Record<string, number>>;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** The emulator on loopback, with a way to call it. */
export interface Bench {
  readonly service: CloudflareService;
  readonly directory: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Envelope>;
  log(): Promise<readonly Record<string, unknown>[]>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

const authority = TestAuthority.create();

export async function startBench(options: Partial<CloudflareOptions> = {}): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), "terrace-cloudflare-"));
  const ca = await authority;
  const pair = await ca.issue(["localhost"]);
  const start = (): Promise<CloudflareService> =>
    startCloudflare({
      listeners: [{ host: "127.0.0.1", port: 0, ...pair }],
      directory,
      logs: directory,
      accountId,
      zones: [{ id: zoneId, name: "truealpha.test" }],
      tokens: [
        { name: "staging", value: token, scopes: tokenScopes },
        { name: "test", value: dnsOnlyToken, scopes: ["zone:read", "dns:edit"] },
      ],
      ipRanges: { ipv4: ["198.18.16.0/24"], ipv6: ["2001:db8:7e::/64"] },
      ...options,
    });
  let service = await start();
  return {
    get service() {
      return service;
    },
    directory,
    call: async (method, path, body, headers) => {
      const heard = await ask({
        port: service.ports[0] ?? 0,
        ca: ca.certificate,
        method,
        path: path.startsWith("/") ? path : `/client/v4/${path}`,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const json =
        heard.headers["content-type"]?.startsWith("application/json") === true ? (JSON.parse(heard.text) as Envelope) : undefined;
      return { ...(json ?? ({ success: heard.status < 300, result: [], errors: [], messages: [] } as unknown as Envelope)), ...heard };
    },
    log: async () => {
      const text = await readFile(join(directory, "cloudflare.jsonl"), "utf8");
      return text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    restart: async () => {
      await service.close();
      service = await start();
    },
    close: async () => {
      await service.close();
      await rm(directory, { recursive: true });
    },
  };
}
