import { openRequest, SealedRequest } from "../../contract/index.ts";
import { readIfPresent } from "../files.ts";
import type { HostPaths } from "../paths.ts";
import { InvalidRequest } from "../request.ts";

/**
 * The request itself, where a client sealed it for this host; any other text as it is. Throws `InvalidRequest` for what this host cannot
 * open, with words that hold no part of it.
 */
export async function unsealedText(text: string, paths: Pick<HostPaths, "sshHostKey">): Promise<string> {
  const parsed = SealedRequest.safeParse(objectOf(text));
  if (!parsed.success) return text;
  const hostKey = await readIfPresent(paths.sshHostKey);
  const opened =
    hostKey === undefined
      ? ({ kind: "closed", what: `it is sealed for ${parsed.data.sealed.hostKey}, and this host has no ${paths.sshHostKey}` } as const)
      : openRequest(parsed.data, hostKey);
  if (opened.kind === "opened") return opened.request;
  throw new InvalidRequest(
    "malformed_request",
    `the request cannot be opened: ${opened.what}; correct hostKey of the stack file, or SSH_HOST_KEY of the secret store`,
  );
}

function objectOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its own reader says what is wrong with it.
    return undefined;
  }
}
