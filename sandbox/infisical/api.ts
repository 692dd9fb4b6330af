import type { JsonReply, JsonRequest } from "../cloudflare/emulator/jsonServer.ts";
import type { Call } from "./access.ts";
import { faultReply, InfisicalFault } from "./faults.ts";
import type { IdentityDesk } from "./identities.ts";
import { getSecret, listSecrets } from "./reading.ts";
import { loginBody, parseInput, renewBody } from "./requests.ts";
import type { InfisicalStore } from "./store.ts";
import { createFolder, createSecret, deleteSecret, listFolders, updateSecret } from "./writing.ts";

export interface ApiContext {
  readonly store: InfisicalStore;
  readonly desk: IdentityDesk;
  readonly projectId: string;
  readonly needsApproval: (environment: string) => boolean;
}

type Handler = (call: Call, request: JsonRequest, name: string) => Promise<JsonReply> | JsonReply;

const secretHandlers: Readonly<Record<string, Handler>> = { GET: getSecret, POST: createSecret, PATCH: updateSecret, DELETE: deleteSecret };

/** Answers one request in Infisical's form. */
export async function answerApi(context: ApiContext, request: JsonRequest): Promise<JsonReply> {
  try {
    return await route(context, request);
  } catch (error) {
    if (!(error instanceof InfisicalFault)) throw error;
    // A login asks for no change, and what was not let in asked nobody.
    const noWrite = request.path.startsWith("/api/v1/auth/") || error.status === 401 || error.status === 403;
    return { ...faultReply(error), ...(noWrite ? { write: false } : {}) };
  }
}

async function route(context: ApiContext, request: JsonRequest): Promise<JsonReply> {
  switch (`${request.method} ${request.path}`) {
    case "GET /api/status":
      return status();
    case "POST /api/v1/auth/universal-auth/login": {
      const { clientId, clientSecret } = parseInput(loginBody, request.body);
      return { status: 200, body: await context.desk.login(clientId, clientSecret), write: false };
    }
    case "POST /api/v1/auth/token/renew":
      return { status: 200, body: await context.desk.renew(parseInput(renewBody, request.body).accessToken), write: false };
    case "GET /api/v3/secrets/raw":
      return listSecrets(admit(context, request), request);
    case "GET /api/v1/folders":
      return listFolders(admit(context, request), request);
    case "POST /api/v1/folders":
      return createFolder(admit(context, request), request);
  }
  const [, encoded] = /^\/api\/v3\/secrets\/raw\/([^/]+)$/.exec(request.path) ?? [];
  const handler = encoded === undefined ? undefined : secretHandlers[request.method];
  if (encoded === undefined || handler === undefined) {
    throw new InfisicalFault(404, "Not Found", `Route ${request.method}:${request.path} not found`, { refused: true });
  }
  return handler(admit(context, request), request, decodeName(encoded));
}

function admit(context: ApiContext, request: JsonRequest): Call {
  const identity = context.desk.authenticate(request.headers.authorization);
  return { store: context.store, projectId: context.projectId, identity, needsApproval: context.needsApproval };
}

/** Open to everybody, and what clients ask to see whether anyone is there. */
function status(): JsonReply {
  const body = {
    date: new Date().toISOString(),
    message: "Ok",
    emailConfigured: false,
    inviteOnlySignup: true,
    redisConfigured: false,
    secretScanningConfigured: false,
  };
  return { status: 200, body };
}

function decodeName(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new InfisicalFault(400, "Bad Request", `'${encoded}' is not a valid url component`);
  }
}
