import { UserError } from "../settings/userError.ts";

/** What a message about the store says of it. */
export interface StorePlace {
  readonly siteUrl: string;
  readonly projectId: string;
  readonly environment: string;
}

/** What the caller was doing when it failed. */
export type StoreStep = "reach" | "login" | "read" | "write";

/** A request that the server answered with something else than success. */
export interface Refusal {
  readonly status: number;
  /** The server's own words. They never hold a value. */
  readonly message: string;
}

/** Reads a refusal out of an error of the SDK, whose error classes are not exported and keep the status only in their text. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof Error)) return undefined;
  const detailed = /^\[URL=.*?\] \[Method=[A-Z]+\] \[StatusCode=(\d{3})\] ([\s\S]*)$/.exec(error.message);
  if (detailed !== null) return { status: Number(detailed[1]), message: (detailed[2] ?? "").replace(/\s+/g, " ").slice(0, 300) };
  // An answer whose `message` is a list, as validation errors have it, or that is no JSON at all.
  const bare = /^Request failed with status (\d{3})$/.exec(error.message);
  return bare === null ? undefined : { status: Number(bare[1]), message: "" };
}

/** The error that a person reads for a refusal. */
export function refusalError(place: StorePlace, step: StoreStep, refusal: Refusal): UserError {
  const { status } = refusal;
  const words = refusal.message === "" ? `status ${status}` : `status ${status}, "${refusal.message.replace(/\.$/, "")}"`;
  if (status === 429)
    return storeError(place, `limits how often it may be asked (${words})`, "wait a minute; several runs at once share one limit");
  if (status >= 500) return storeError(place, `has a fault of its own (${words})`, "look at its own status page or log, then run again");
  if (step === "login") return loginError(place, status, refusal.message, words);
  if (status === 403) {
    const right = step === "write" ? "create and edit secrets" : "read secrets";
    return storeError(
      place,
      `does not let this machine identity ${right} in project ${place.projectId}, environment "${place.environment}" (${words})`,
      `add the identity to the project with a role that may, for this environment; one identity per environment, so for another stack log in with that one's (sandbox: source sandbox/env ${place.environment})`,
    );
  }
  if (status === 404 || status === 400 || status === 422) {
    return storeError(
      place,
      `knows no project ${place.projectId} with an environment "${place.environment}" (${words})`,
      "compare INFISICAL_PROJECT_ID with the project's settings, and the environment's slug with secretStore.environment",
    );
  }
  return storeError(
    place,
    `answered in a way that is not expected (${words})`,
    "compare its address with INFISICAL_SITE_URL: is it Infisical?",
  );
}

function loginError(place: StorePlace, status: number, message: string, words: string): UserError {
  if (/temporarily locked/i.test(message))
    return storeError(
      place,
      "has locked this machine identity after failed logins",
      "wait five minutes, or unlock it under its Universal Auth; every further attempt with wrong credentials locks it again",
    );
  if (status === 401 || status === 403 || status === 400 || status === 422)
    return storeError(
      place,
      `refuses the credentials (${words})`,
      "compare INFISICAL_CLIENT_ID and INFISICAL_CLIENT_SECRET with the machine identity's Universal Auth: client secret revoked, expired or used up, or this address not trusted",
    );
  return storeError(
    place,
    `answered the login in a way that is not expected (${words})`,
    "compare its address with INFISICAL_SITE_URL: is it Infisical?",
  );
}

const certificateCodes = /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH)/;

/** The error for a server that cannot be reached, by the network error's code. */
export function unreachableError(place: StorePlace, error: unknown): UserError {
  const code = codeOf(error);
  if (code !== undefined && certificateCodes.test(code))
    return storeError(
      place,
      `shows a certificate that is not trusted (${code})`,
      "put its certificate authority into a file and name it in NODE_EXTRA_CA_CERTS; if it should be publicly trusted, somebody may be in between",
    );
  const reason =
    code === "ENOTFOUND" || code === "EAI_AGAIN"
      ? "its name does not resolve"
      : code === "ECONNREFUSED"
        ? "it refuses connections"
        : code === "TimeoutError"
          ? "it does not answer"
          : (code ?? innermost(error));
  return storeError(
    place,
    `cannot be reached: ${reason}`,
    "check INFISICAL_SITE_URL, the network and the server; nothing was changed anywhere",
  );
}

export function deadlineError(place: StorePlace, step: StoreStep, seconds: number): UserError {
  const doing = { reach: "the first request", login: "the login", read: "reading the secrets", write: "writing a secret" }[step];
  return storeError(place, `did not finish ${doing} within ${seconds} s`, "look at the server's load or its status page, then run again");
}

export function storeError(place: Pick<StorePlace, "siteUrl">, what: string, next: string): UserError {
  return new UserError(`secret store: ${place.siteUrl} ${what}; ${next}`);
}

function innermost(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? innermost(error.cause) : error.message;
}

/** Code of the innermost network error: `fetch failed` says nothing, its causes do. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const inner = error.cause === undefined ? undefined : codeOf(error.cause);
  if (inner !== undefined) return inner;
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.name === "TimeoutError" ? error.name : undefined;
}
