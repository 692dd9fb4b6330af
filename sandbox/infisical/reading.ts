import type { JsonReply, JsonRequest } from "../cloudflare/emulator/jsonServer.ts";
import { denied, folderMissing, isAllowed, placeOf, type Call } from "./access.ts";
import { InfisicalFault, forbidden, notFound } from "./faults.ts";
import { expandReferences, referencesIn, type ReferenceWorld } from "./references.ts";
import { getQuery, listQuery, parseInput, queryObject } from "./requests.ts";
import type { Secret } from "./state.ts";
import type { Place } from "./store.ts";

/** What stands for a value that was not asked for. */
const hiddenValue = "<hidden-by-infisical>";
/** Imports of imports, at most so deep. */
const importDepth = 10;

interface View {
  readonly viewSecretValue: boolean;
  readonly expandSecretReferences: boolean;
}

/**
 * GET /api/v3/secrets/raw. As upstream: a folder that does not exist is empty, and so is an environment that the identity may not see; only
 * with `recursive` does an unknown environment become a 404.
 */
export function listSecrets(call: Call, request: JsonRequest): JsonReply {
  const query = parseInput(listQuery, queryObject(request.query));
  const place = placeOf(call, query);
  if (query.recursive && !call.store.environments.includes(place.environment)) {
    throw notFound(`Environment with slug '${place.environment}' in project with ID ${call.projectId} not found`);
  }
  const folder = call.store.folder(place);
  const places = query.recursive ? call.store.foldersBelow(place) : folder === undefined ? [] : [folder];
  const visible = places.filter((one) => isAllowed(call, one));
  const faults: string[] = [];
  const secrets = visible.flatMap((one) => call.store.secretsIn(one)).map((secret) => present(call, secret, query, faults));
  const imports = query.include_imports ? visible.flatMap((one) => importsOf(call, one, query, faults)) : [];
  if (faults.length > 0) throw forbidden("Failed to expand one or more secret references", faults);
  return { status: 200, body: { secrets, imports } };
}

/** GET /api/v3/secrets/raw/{name}: the folder's own secret, else, with `include_imports`, the one of the last import that has it. */
export function getSecret(call: Call, request: JsonRequest, name: string): JsonReply {
  const query = parseInput(getQuery, queryObject(request.query));
  const place = placeOf(call, query);
  if (call.store.folder(place) === undefined) throw folderMissing(place);
  if (!isAllowed(call, place)) throw denied("describeSecret", "secrets");
  const own = call.store.secret(place, name);
  const secret = query.version === undefined ? own : earlierVersion(own, query.version);
  const faults: string[] = [];
  const note = request.query.has("includeImports") ? { note: "ignored, as upstream does: includeImports" } : {};
  if (secret !== undefined) {
    const body = { secret: present(call, secret, query, faults) };
    if (faults.length > 0) throw forbidden(faults[0] ?? "");
    return { status: 200, body, ...note };
  }
  const imported = query.include_imports ? importsOf(call, place, query, faults) : [];
  const found = imported.flatMap((one) => one.secrets).findLast((one) => one.secretKey === name);
  if (faults.length > 0) throw forbidden(faults[0] ?? "");
  if (found === undefined) throw notFound(`Secret with name '${name}' not found`);
  return { status: 200, body: { secret: found }, ...note };
}

/** A secret in the API's form. What the SDK's types call `workspaceId` is `workspace` on the wire. */
export function secretBody(
  projectId: string,
  secret: Secret,
  value: string,
  hidden: boolean,
): Readonly<Record<string, unknown>> & { readonly secretKey: string } {
  return {
    id: secret.id,
    _id: secret.id,
    workspace: projectId,
    environment: secret.environment,
    version: secret.version,
    type: "shared",
    secretKey: secret.key,
    secretValue: hidden ? hiddenValue : value,
    secretComment: secret.comment,
    secretReminderNote: secret.reminderNote,
    secretReminderRepeatDays: secret.reminderRepeatDays,
    skipMultilineEncoding: secret.skipMultilineEncoding,
    createdAt: secret.createdAt,
    updatedAt: secret.updatedAt,
    isRotatedSecret: false,
    secretValueHidden: hidden,
    secretPath: secret.path,
    secretMetadata: [],
    tags: [],
  };
}

function present(call: Call, secret: Secret, view: View, faults: string[]): ReturnType<typeof secretBody> {
  return secretBody(call.projectId, secret, view.viewSecretValue ? readValue(call, secret, view, faults) : "", !view.viewSecretValue);
}

function readValue(call: Call, secret: Secret, view: View, faults: string[]): string {
  if (!view.expandSecretReferences || referencesIn(secret.value, secret).length === 0) return secret.value;
  const world: ReferenceWorld = { value: (place, key) => call.store.secret(place, key)?.value, mayRead: (place) => isAllowed(call, place) };
  try {
    const expanded = expandReferences(world, secret);
    // Upstream's way of keeping a value of several lines on one: only where references were expanded, and the secret asks for it.
    return secret.skipMultilineEncoding && expanded.includes("\n") ? `"${expanded.replaceAll("\n", "\\n")}"` : expanded;
  } catch (error) {
    if (!(error instanceof InfisicalFault)) throw error;
    faults.push(error.message);
    return "";
  }
}

interface ImportedFolder {
  readonly secretPath: string;
  readonly environment: string;
  readonly folderId?: string;
  readonly secrets: ReturnType<typeof secretBody>[];
}

/** What a folder imports, in order; what an imported folder imports itself comes after its own secrets. */
function importsOf(call: Call, place: Place, view: View, faults: string[]): ImportedFolder[] {
  const seen = new Set<string>();
  const secretsOf = (from: Place, depth: number): ReturnType<typeof secretBody>[] => {
    const id = `${from.environment}:${from.path}`;
    if (depth > importDepth || seen.has(id)) return [];
    seen.add(id);
    const own = isAllowed(call, from) ? call.store.secretsIn(from).map((secret) => present(call, secret, view, faults)) : [];
    const deeper = call.store
      .importsInto(from)
      .flatMap((one) => secretsOf({ environment: one.fromEnvironment, path: one.fromPath }, depth + 1));
    return [...own, ...deeper.filter((secret) => own.every((mine) => mine.secretKey !== secret.secretKey))];
  };
  return call.store.importsInto(place).map((one) => {
    const from = { environment: one.fromEnvironment, path: one.fromPath };
    const folder = call.store.folder(from);
    // Items of imports carry no times.
    const secrets = secretsOf(from, 0).map((secret) => ({ ...secret, createdAt: undefined, updatedAt: undefined }));
    return { secretPath: from.path, environment: from.environment, ...(folder === undefined ? {} : { folderId: folder.id }), secrets };
  });
}

function earlierVersion(secret: Secret | undefined, version: number): Secret | undefined {
  if (secret === undefined || version > secret.version) return undefined;
  if (version === secret.version) return secret;
  const value = secret.history[version - 1];
  return value === undefined ? undefined : { ...secret, version, value };
}
