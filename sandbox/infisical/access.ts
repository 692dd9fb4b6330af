import { badRequest, forbidden, notFound, type InfisicalFault } from "./faults.ts";
import type { MachineIdentity } from "./identities.ts";
import type { InfisicalStore, Place } from "./store.ts";

/** One authorised request. */
export interface Call {
  readonly store: InfisicalStore;
  readonly projectId: string;
  readonly identity: MachineIdentity;
  /** Whether writes to an environment only ask for approval. */
  readonly needsApproval: (environment: string) => boolean;
}

/** Whether the caller may do anything at all at a place: an identity is let into its own environment and no other. */
export function isAllowed(call: Call, place: Place): boolean {
  return place.environment === call.identity.environment;
}

/** Checks the project of a request and gives the place it means. */
export function placeOf(
  call: Call,
  request: { readonly workspaceId?: string | undefined; readonly environment?: string | undefined; readonly secretPath: string },
): Place {
  if (request.workspaceId === undefined || request.environment === undefined) throw badRequest("Missing project id or environment");
  if (request.workspaceId !== call.projectId) throw notFound(`Project with ${request.workspaceId} not found`);
  return { environment: request.environment, path: request.secretPath };
}

/** The 403 of upstream's permission library; `action` in its words: describeSecret, create, edit, delete. */
export function denied(action: string, subject: "secrets" | "secret-folders"): InfisicalFault {
  return forbidden(`You are not allowed to ${action} on ${subject}`, []);
}

export function folderMissing({ environment, path }: Place): InfisicalFault {
  return notFound(`Folder with path '${path}' in environment with slug '${environment}' not found`);
}
