import type { ReasonCode } from "./outcome.ts";

/**
 * Version of everything that crosses SSH. It rises when an old host would misread a new request; a field that may be absent is no reason.
 * A host accepts this version and the one before it, so program and hosts need not be updated in the same minute.
 */
export const contractVersion = 1;

/** Brings a request of version n-1 into the form of version n. There is no version 0, so the first one has nothing to bring forward. */
export type Upgrade = (request: Readonly<Record<string, unknown>>) => Record<string, unknown>;
export const upgradeFromPrevious: Upgrade | undefined = undefined;

export type Versioned =
  | { readonly kind: "current"; readonly request: Readonly<Record<string, unknown>> }
  | { readonly kind: "unsupported"; readonly code: ReasonCode; readonly what: string };

/** Reads the version of a parsed request and brings it to the current form, or says which versions would do. */
export function toCurrentVersion(
  request: Readonly<Record<string, unknown>>,
  current: number = contractVersion,
  upgrade: Upgrade | undefined = upgradeFromPrevious,
): Versioned {
  const seen = request["contract"];
  if (seen === current) return { kind: "current", request };
  if (seen === current - 1 && upgrade !== undefined) return { kind: "current", request: { ...upgrade(request), contract: current } };
  const accepted = upgrade === undefined ? String(current) : `${current} and ${current - 1}`;
  if (typeof seen !== "number" || !Number.isInteger(seen)) {
    return {
      kind: "unsupported",
      code: "malformed_request",
      what: `contract: must be the contract version (${accepted}), got ${seen === undefined ? "nothing" : JSON.stringify(seen)}`,
    };
  }
  const remedy =
    seen > current
      ? "the host program is older than the client: apply the platform layer first"
      : "the client is older than the host program: update it";
  return {
    kind: "unsupported",
    code: "contract_unsupported",
    what: `contract version ${seen} is not spoken here (${accepted}); ${remedy}`,
  };
}
