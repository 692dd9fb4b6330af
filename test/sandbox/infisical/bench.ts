import { InfisicalSDK } from "@infisical/sdk";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { startInfisical, type InfisicalOptions, type InfisicalService } from "../../../sandbox/infisical/index.ts";
import { TestAuthority } from "../edge/certificates.ts";
import { ask, type Heard } from "../edge/client.ts";

export const projectId = "7f3c1f0e-0000-4000-8000-000000000001";
export const identities = ["staging", "test", "prod"].map((environment) => ({
  environment,
  clientId: `client-${environment}`,
  clientSecret: `secret-of-${environment}-0123456789`,
}));

const usual = getCACertificates("default");

/** The emulator on loopback over TLS, and the real SDK against it. */
export class Bench {
  private readonly restart: () => Promise<InfisicalService>;
  private readonly authority: TestAuthority;
  readonly directory: string;
  service: InfisicalService;

  private constructor(service: InfisicalService, restart: () => Promise<InfisicalService>, authority: TestAuthority, directory: string) {
    this.service = service;
    this.restart = restart;
    this.authority = authority;
    this.directory = directory;
  }

  static async create(options: Partial<InfisicalOptions> = {}): Promise<Bench> {
    const directory = await mkdtemp(join(tmpdir(), "terrace-infisical-"));
    const authority = await TestAuthority.create();
    const pair = await authority.issue(["localhost"]);
    // The SDK takes no certificate; `fetch` asks the process's own list.
    setDefaultCACertificates([...usual, authority.certificate]);
    const start = (): Promise<InfisicalService> =>
      startInfisical({
        listeners: [{ host: "127.0.0.1", port: 0, ...pair }],
        directory,
        logs: directory,
        projectId,
        identities,
        ...options,
      });
    return new Bench(await start(), start, authority, directory);
  }

  get siteUrl(): string {
    return `https://localhost:${this.service.ports[0] ?? 0}`;
  }

  async login(environment = "staging", clientSecret?: string): Promise<InfisicalSDK> {
    const identity = identities.find((known) => known.environment === environment);
    if (identity === undefined) throw new Error(environment);
    const sdk = new InfisicalSDK({ siteUrl: this.siteUrl });
    return sdk.auth().universalAuth.login({ clientId: identity.clientId, clientSecret: clientSecret ?? identity.clientSecret });
  }

  /** A request of our own, for what the SDK cannot say or does not show. */
  call(method: string, path: string, options: { readonly token?: string | null; readonly body?: unknown } = {}): Promise<Heard> {
    return ask({
      port: this.service.ports[0] ?? 0,
      ca: this.authority.certificate,
      method,
      path,
      headers: {
        ...(options.token === undefined || options.token === null ? {} : { authorization: `Bearer ${options.token}` }),
        ...(options.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
  }

  async control(name: string, argument?: unknown): Promise<void> {
    await this.service.controls?.[name]?.(argument);
  }

  async log(): Promise<readonly Record<string, unknown>[]> {
    const text = await readFile(join(this.directory, "infisical.jsonl"), "utf8");
    return text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async bounce(): Promise<void> {
    await this.service.close();
    this.service = await this.restart();
  }

  async close(): Promise<void> {
    await this.service.close();
    setDefaultCACertificates(usual);
    await rm(this.directory, { recursive: true });
  }
}

/** What the SDK's error says; its classes are not exported. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/\[URL=.*?\] /, "") : String(error);
  }
  throw new Error("nothing was refused");
}
