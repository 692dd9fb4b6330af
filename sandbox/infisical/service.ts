import { join } from "node:path";
import { z } from "zod";
import { BadDay } from "../cloudflare/emulator/badDay.ts";
import { startJsonServer, type JsonReply } from "../cloudflare/emulator/jsonServer.ts";
import { openRequestLog } from "../cloudflare/emulator/requestLog.ts";
import type { RunningService, TlsListener } from "../shared/service.ts";
import { answerApi } from "./api.ts";
import { badRequest, faultReply, InfisicalFault } from "./faults.ts";
import { IdentityDesk, upstreamLimits, type AuthLimits, type MachineIdentity } from "./identities.ts";
import { InfisicalStore } from "./store.ts";

export interface InfisicalOptions {
  readonly listeners: readonly TlsListener[];
  /** Folder for the state (`infisical.json`: the values themselves, readable by its owner only). */
  readonly directory: string;
  /** Folder for the request log (`infisical.jsonl`). */
  readonly logs: string;
  /** The one project. */
  readonly projectId: string;
  /** One machine identity per environment (requirement A5); they also say which environments there are. */
  readonly identities: readonly MachineIdentity[];
  /** @default upstream's: locked for 300 s after 3 failed logins, tokens for 30 days */
  readonly limits?: Partial<AuthLimits>;
  /** Milliseconds; tests bring their own clock. */
  readonly now?: () => number;
}

export interface InfisicalService extends RunningService {
  /** For seeding. */
  readonly store: InfisicalStore;
  /** Ports really bound, in the order of the listeners. */
  readonly ports: readonly number[];
}

const page = `This is an emulator of Infisical's API, part of the Terrace sandbox. It is not Infisical: it encrypts nothing and has no web pages.
API: universal auth login and renewal, /api/v3/secrets/raw, /api/v1/folders, /api/status. Everything else is refused and logged.`;

const whose = z.strictObject({ environment: z.string() });
const link = z.strictObject({ environment: z.string(), path: z.string(), fromEnvironment: z.string().optional(), fromPath: z.string() });

/**
 * Starts the emulator of Infisical.
 *
 * Controls: `outage {status?}`, `drop`, `slow {milliseconds}`, `rateLimit {retryAfterSeconds?}` (each with `path?`, `method?`,
 * `remaining?`), `restore`, `show`; `lock {environment}`, `unlock {environment}`; `expire`, which ends every access token;
 * `approve {environment}`, which makes writes ask for approval, and `trust {environment}`, which ends that;
 * `import {environment, path, fromEnvironment?, fromPath}`, which shows one folder in another.
 */
export async function startInfisical(options: InfisicalOptions): Promise<InfisicalService> {
  const log = openRequestLog(options.logs, "infisical");
  const environments = options.identities.map((identity) => identity.environment);
  const store = await InfisicalStore.open(join(options.directory, "infisical.json"), environments);
  const desk = new IdentityDesk(options.identities, store, { ...upstreamLimits, ...options.limits }, options.now ?? Date.now);
  const badDay = new BadDay();
  const guarded = new Set<string>();
  const context = { store, desk, projectId: options.projectId, needsApproval: (environment: string) => guarded.has(environment) };
  const server = await startJsonServer({
    name: "infisical",
    listeners: options.listeners,
    log,
    badDay,
    page,
    handle: (request) => answerApi(context, request),
    fault: (fault): JsonReply => {
      switch (fault.kind) {
        case "rateLimit":
          return {
            ...faultReply(new InfisicalFault(429, "RateLimitExceeded", "Rate limit exceeded. Please try again later.")),
            headers: { "retry-after": String(fault.retryAfterSeconds) },
          };
        case "outage":
          return faultReply(new InfisicalFault(fault.status, "InternalServerError", "Something went wrong"));
        case "body":
          return { ...faultReply(badRequest(fault.reason)), write: false };
        case "bug":
          return faultReply(new InfisicalFault(500, "InternalServerError", `The emulator failed: ${fault.reason}`));
      }
    },
  });
  return {
    store,
    ports: server.ports,
    controls: {
      ...badDay.controls,
      lock: (argument) => settle(() => desk.setLockout(whose.parse(argument).environment, true)),
      unlock: (argument) => settle(() => desk.setLockout(whose.parse(argument).environment, false)),
      expire: () => desk.endTokens(),
      approve: (argument) => settle(() => guarded.add(whose.parse(argument).environment)),
      trust: (argument) => settle(() => guarded.delete(whose.parse(argument).environment)),
      import: (argument) => {
        const { environment, path, fromEnvironment = environment, fromPath } = link.parse(argument);
        return store.addImport({ environment, path }, { environment: fromEnvironment, path: fromPath });
      },
    },
    close: async () => {
      await server.close();
      log.close();
    },
  };
}

/** A control answers with nothing to see; what it throws becomes a rejection. */
async function settle(work: () => unknown): Promise<void> {
  await Promise.resolve(work());
}
