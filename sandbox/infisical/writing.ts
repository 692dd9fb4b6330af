import { randomUUID } from "node:crypto";
import { posix } from "node:path";
import type { JsonReply, JsonRequest } from "../cloudflare/emulator/jsonServer.ts";
import { denied, folderMissing, isAllowed, placeOf, type Call } from "./access.ts";
import { badRequest, notFound } from "./faults.ts";
import { secretBody } from "./reading.ts";
import { referencesIn } from "./references.ts";
import { createBody, deleteBody, folderBody, folderQuery, parseInput, queryObject, updateBody } from "./requests.ts";
import type { Folder, Secret } from "./state.ts";
import type { Place } from "./store.ts";

/** POST /api/v3/secrets/raw/{name} */
export async function createSecret(call: Call, request: JsonRequest, name: string): Promise<JsonReply> {
  const body = parseInput(createBody, request.body);
  if (!/^[^\s:/]+$/.test(name)) throw badRequest("Secret name cannot contain blanks, colons or slashes.");
  const place = openFolder(call, body, "create");
  if (call.store.secret(place, name) !== undefined) throw badRequest("Secret already exist");
  checkReferences(call, body.secretValue, place);
  if (call.needsApproval(place.environment)) return approval("create");
  const secret = await call.store.addSecret(place, name, {
    value: body.secretValue,
    comment: body.secretComment,
    skipMultilineEncoding: body.skipMultilineEncoding ?? false,
    reminderNote: body.secretReminderNote ?? null,
    reminderRepeatDays: body.secretReminderRepeatDays ?? null,
  });
  return answer(call, secret);
}

/** PATCH /api/v3/secrets/raw/{name} */
export async function updateSecret(call: Call, request: JsonRequest, name: string): Promise<JsonReply> {
  const body = parseInput(updateBody, request.body);
  const place = openFolder(call, body, "edit");
  const secret = call.store.secret(place, name);
  if (secret === undefined) throw notFound(`Secret with name ${name} not found`);
  if (body.newSecretName !== undefined && call.store.secret(place, body.newSecretName) !== undefined)
    throw badRequest("Secret with the new name already exist");
  if (body.secretValue !== undefined) checkReferences(call, body.secretValue, place);
  if (call.needsApproval(place.environment)) return approval("update");
  const changed = await call.store.changeSecret(secret, {
    ...(body.secretValue === undefined ? {} : { value: body.secretValue }),
    ...(body.newSecretName === undefined ? {} : { key: body.newSecretName }),
    ...(body.secretComment === undefined ? {} : { comment: body.secretComment }),
    ...(body.skipMultilineEncoding === undefined ? {} : { skipMultilineEncoding: body.skipMultilineEncoding }),
    ...(body.secretReminderNote === undefined ? {} : { reminderNote: body.secretReminderNote }),
    ...(body.secretReminderRepeatDays === undefined ? {} : { reminderRepeatDays: body.secretReminderRepeatDays }),
  });
  return answer(call, changed);
}

/** DELETE /api/v3/secrets/raw/{name}, with a body */
export async function deleteSecret(call: Call, request: JsonRequest, name: string): Promise<JsonReply> {
  const place = openFolder(call, parseInput(deleteBody, request.body), "delete");
  const secret = call.store.secret(place, name);
  if (secret === undefined) throw notFound(`Secret with name '${name}' not found`);
  if (call.needsApproval(place.environment)) return approval("delete");
  await call.store.removeSecret(secret);
  return answer(call, secret);
}

/** POST /api/v1/folders: makes the folders on the way, and gives an existing one back as it is. */
export async function createFolder(call: Call, request: JsonRequest): Promise<JsonReply> {
  const body = parseInput(folderBody, request.body);
  const parent = placeOf(call, { ...body, secretPath: body.path });
  if (!isAllowed(call, parent)) throw denied("create", "secret-folders");
  const folder = await call.store.makeFolder(
    { environment: parent.environment, path: posix.join(parent.path, body.name) },
    body.description ?? null,
  );
  return { status: 200, body: { folder: presentFolder(call, folder) } };
}

/** GET /api/v1/folders: the folders right below a path, or all below it. */
export function listFolders(call: Call, request: JsonRequest): JsonReply {
  const query = parseInput(folderQuery, queryObject(request.query));
  const place = placeOf(call, { ...query, secretPath: query.path });
  if (!isAllowed(call, place)) throw denied("read", "secret-folders");
  const below = call.store.foldersBelow(place).filter((folder) => folder.path !== place.path);
  const wanted = query.recursive ? below : below.filter((folder) => posix.dirname(folder.path) === place.path);
  const folders = wanted.map((folder) => ({
    ...presentFolder(call, folder),
    ...(query.recursive ? { relativePath: posix.relative(place.path, folder.path) } : {}),
  }));
  return { status: 200, body: { folders } };
}

function openFolder(
  call: Call,
  body: { readonly workspaceId: string; readonly environment: string; readonly secretPath: string },
  action: string,
): Place {
  const place = placeOf(call, body);
  if (call.store.folder(place) === undefined) throw folderMissing(place);
  if (!isAllowed(call, place)) throw denied(action, "secrets");
  return place;
}

/** A value may only refer to what exists and may be read when it is written; what becomes of that later is another matter. */
function checkReferences(call: Call, value: string, place: Place): void {
  const references = referencesIn(value, place);
  const environment = references.find((reference) => !call.store.environments.includes(reference.environment));
  if (environment !== undefined) throw badRequest(`Referenced environment not found. Missing ${environment.environment}`);
  const folder = references.find((reference) => call.store.folder(reference) === undefined);
  if (folder !== undefined) throw badRequest(`Referenced path ${folder.path} doesn't exist`);
  const missing = references.filter((reference) => call.store.secret(reference, reference.key) === undefined);
  if (missing.length > 0) throw badRequest(`Referenced secret(s) not found: ${missing.map((reference) => reference.key).join(",")}`);
  if (references.some((reference) => !isAllowed(call, reference))) throw denied("describeSecret", "secrets");
}

function answer(call: Call, secret: Secret): JsonReply {
  return { status: 200, body: { secret: secretBody(call.projectId, secret, secret.value, false) } };
}

/** What a write answers where a policy wants somebody else to look at it first: nothing has changed yet. */
function approval(operation: string): JsonReply {
  const id = randomUUID();
  return {
    status: 200,
    body: { approval: { id, slug: `request-${id.slice(0, 8)}`, status: "open", hasMerged: false, operation } },
    note: "approval",
    write: false,
  };
}

function presentFolder(call: Call, folder: Folder): Readonly<Record<string, unknown>> {
  const parent = call.store.folder({ environment: folder.environment, path: posix.dirname(folder.path) });
  return {
    id: folder.id,
    name: folder.path === "/" ? "root" : posix.basename(folder.path),
    version: 1,
    createdAt: folder.createdAt,
    updatedAt: folder.updatedAt,
    envId: folder.environment,
    parentId: folder.path === "/" ? null : (parent?.id ?? null),
    isReserved: false,
    description: folder.description,
  };
}
