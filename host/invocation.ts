import { basename } from "node:path";
import { parseArgs } from "node:util";
import { contractVersion } from "../contract/index.ts";
import { InvalidRequest } from "./request.ts";

/** How the program was called. One file serves all entries, told apart by the name it was called by. */
export type Invocation =
  /** `terrace-<verb>`: the request is JSON on standard input. */
  | { readonly kind: "entry"; readonly verb: string }
  /** `terrace <verb> …`: the request by arguments, as its JSON text. `asTable` unless `--json` was given. */
  | { readonly kind: "typed"; readonly verb: string; readonly text: string; readonly asTable: boolean }
  /** `terrace.cjs supervised <verb>`: by ourselves, see `supervisor.ts`. No sudo rule reaches this name. */
  | { readonly kind: "supervised"; readonly verb: string }
  /** `terrace.cjs relay`: by ourselves, inside Traefik's network namespace, see `ingress/relay.ts`. */
  | { readonly kind: "relay" }
  /** `terrace.cjs unseal`: by a unit at boot, see `platform/secretsUnitItem.ts`. */
  | { readonly kind: "unseal" }
  /** `--version --json`: which program this is and what contract it speaks; the bootstrap compares. */
  | { readonly kind: "version" }
  | { readonly kind: "help" };

const typedUsage: Readonly<Record<string, string>> = {
  status: "terrace status [INSTANCE] [--json]",
  history: "terrace history INSTANCE [--limit N] [--json]",
  rollback: "terrace rollback INSTANCE [--steps N | --release NAME] --reason TEXT",
};

export const usage = `usage: ${[...Object.values(typedUsage), "terrace VERB < REQUEST.json"].join("\n       ")}
`;

/** What is wrong with an entry whose standard input holds nothing: whoever typed it wanted words of their own. */
export function emptyRequest(verb: string): InvalidRequest {
  const typed = Object.hasOwn(typedUsage, verb) ? typedUsage[verb] : undefined;
  const what = typed === undefined ? `${verb} takes its request as JSON on standard input, and that is empty` : `usage: ${typed}`;
  return new InvalidRequest("malformed_request", what);
}

/** `program` is the path it was called by, `user` who calls. Throws `InvalidRequest` for arguments that are wrong. */
export function readInvocation(program: string, words: readonly string[], user: string): Invocation {
  const name = basename(program);
  if (name === "terrace.cjs" && words[0] === "supervised") return { kind: "supervised", verb: words[1] ?? "" };
  if (name === "terrace.cjs" && (words[0] === "relay" || words[0] === "unseal")) return { kind: words[0] };
  if (words[0] === "--version") return { kind: "version" };
  if (name.startsWith("terrace-")) {
    if (words.length > 0)
      throw new InvalidRequest("malformed_request", `${name} takes no arguments; the request is JSON on standard input`);
    return { kind: "entry", verb: name.slice("terrace-".length) };
  }
  const [verb, ...rest] = words;
  if (verb === undefined || helpWords.has(verb) || rest.some((word) => word === "--help" || word === "-h")) return { kind: "help" };
  if (rest.length === 0 && !typedWithoutArguments.has(verb)) return { kind: "entry", verb };
  return { verb, ...typedRequest(verb, rest, user) };
}

const helpWords: ReadonlySet<string> = new Set(["help", "--help", "-h"]);
const typedWithoutArguments: ReadonlySet<string> = new Set(["status"]);

function typedRequest(verb: string, words: readonly string[], user: string): Omit<Extract<Invocation, { kind: "typed" }>, "verb"> {
  if (!Object.hasOwn(typedUsage, verb))
    throw new InvalidRequest("malformed_request", `${verb} takes no arguments; give the request as JSON on standard input`);
  const { values, positionals } = parseWords(verb, words);
  const [instance, surplus] = positionals;
  // Most often the rest of a reason whose quotes a shell has taken away: the history would keep its first word.
  if (surplus !== undefined) throw wrongWords(verb, `"${surplus}" is one word too many; put a reason of several words in quotes`);
  if (instance === undefined && verb !== "status") throw wrongWords(verb, "the instance is missing");
  const foreign = Object.keys(values).find((name) => !(typedUsage[verb] ?? "").includes(`--${name}`));
  if (foreign !== undefined) throw wrongWords(verb, `--${foreign} means nothing to ${verb}`);
  const typed = (fields: Readonly<Record<string, unknown>>) =>
    ({
      kind: "typed",
      text: JSON.stringify({ contract: contractVersion, request: verb, instance, ...fields }),
      asTable: values.json !== true,
    }) as const;
  switch (verb) {
    case "status":
      return typed({});
    case "history":
      return typed({ limit: Number(values.limit ?? "20") });
    case "rollback": {
      if (values.reason === undefined) throw wrongWords(verb, "--reason is missing");
      if (values.steps !== undefined && values.release !== undefined) throw wrongWords(verb, "--steps and --release say different things");
      const target =
        values.release === undefined ? { kind: "steps", steps: Number(values.steps ?? "1") } : { kind: "release", release: values.release };
      return typed({ target, reason: values.reason, requestedBy: user });
    }
    default:
      throw new TypeError(`unreachable: "${verb}" has a usage and no request`);
  }
}

function wrongWords(verb: string, what: string): InvalidRequest {
  return new InvalidRequest("malformed_request", `${what}; usage: ${typedUsage[verb] ?? ""}`);
}

function parseWords(verb: string, words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        json: { type: "boolean" },
        limit: { type: "string" },
        steps: { type: "string" },
        release: { type: "string" },
        reason: { type: "string" },
      },
    });
  } catch (error) {
    // Node's own advice on a word that begins with a hyphen is longer than the fault.
    throw wrongWords(verb, error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error));
  }
}
