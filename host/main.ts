import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { contractVersion } from "../contract/index.ts";
import type { Actor, Request } from "../contract/index.ts";
import { authorize, judgeCaller, subjectOf } from "./caller.ts";
import type { Caller } from "./caller.ts";
import { execute } from "./command.ts";
import { beforeStart } from "./ending.ts";
import type { Ending } from "./ending.ts";
import { endingOf, outputOf } from "./finish.ts";
import type { Output } from "./finish.ts";
import { emptyRequest, readInvocation, usage } from "./invocation.ts";
import type { Invocation } from "./invocation.ts";
import { relay } from "./ingress/relay.ts";
import { readLogin } from "./login.ts";
import { loginKey } from "./loginKey.ts";
import { hostPaths } from "./paths.ts";
import { productionContext } from "./production.ts";
import { InvalidRequest, parseRequest, readRequestText } from "./request.ts";
import { unsealedText } from "./secrets/sealedRequest.ts";
import { servingWord } from "./rollout/servingNow.ts";
import { provideAtBoot } from "./secrets/secretFiles.ts";
import { busySentence, leaseFile, removeHolder, writeHolder } from "./state/lease.ts";
import { readOwner } from "./state/owner.ts";
import { Envelope, supervise } from "./supervisor.ts";
import { throughSudo } from "./throughSudo.ts";
import type { Verb } from "./verb.ts";
import { verbs } from "./verbs.ts";

const paths = hostPaths();
/** The bundle itself, by its content-addressed path `/opt/terrace/<sha256>/terrace.cjs`. */
const bundle = realpathSync(process.argv[1] ?? "");
const program = { path: bundle, sha256: basename(dirname(bundle)) };

/** From the command line to an exit code. Whatever happens in between ends in `endingOf` and `outputOf`. */
async function main(): Promise<number> {
  let instance: string | undefined;
  try {
    if (process.geteuid?.() !== 0 && basename(process.argv[1] ?? "") === "terrace")
      return await throughSudo(join(paths.program, "bin", "terrace"), process.argv.slice(2));
    const login = await readLogin(execute, process.geteuid?.() ?? -1, process.env["SUDO_USER"]);
    const invocation = readInvocation(process.argv[1] ?? "", process.argv.slice(2), login.sudoUser ?? "root");
    if (invocation.kind === "help") return print({ stdout: usage, stderr: "", exitCode: 0 });
    if (invocation.kind === "version") return print(outputOf(versionEnding(), null, !process.argv.includes("--json")));
    if (invocation.kind === "relay") return await relay(process.stdin, process.stdout);
    if (invocation.kind === "unseal") return await unsealAtBoot();
    const verb = findVerb(invocation.verb);
    if (invocation.kind === "supervised") return await carryOut(invocation.verb, verb);

    const caller = judgeCaller(login);
    const text = invocation.kind === "typed" ? invocation.text : await requestText(invocation.verb);
    const request = parseRequest(text, verb.accepts);
    await checkAuthority(caller, request);
    // Not before: what serves is nobody's to know who may not ask.
    instance = subjectOf(request).instance;

    const actor: Actor = { user: caller.user, key: await loginKey(execute, process.ppid) };
    const lease = verb.lease(request);
    // The result in JSON is for programs: a person at a terminal has read the same in a sentence.
    const isForPerson = wantsTable(invocation) && process.stdout.isTTY;
    if (lease !== undefined) return await underLease(invocation.verb, lease, { actor, request }, isForPerson);
    const ending = await verb.run(request, productionContext(actor, program));
    return print(outputOf(ending, null, wantsTable(invocation)));
  } catch (error) {
    return await printError(error, instance);
  }
}

/** Hands the request to a supervised process and answers as it did; its words on standard error have gone straight to the caller. */
async function underLease(verb: string, lease: string, envelope: Envelope, isForPerson: boolean): Promise<number> {
  const lockFile = await beforeStart(() => leaseFile(paths, lease));
  const supervision = await supervise({ verb, lease, lockFile, program: bundle }, envelope);
  if (supervision !== "busy") return print({ ...supervision, ...(isForPerson && { stdout: "" }), stderr: "" });
  const ending = { kind: "failed", outcome: "busy", code: "lease_held", what: await busySentence(paths, lease) } as const;
  return print(outputOf(ending, await servingNow(subjectOf(envelope.request).instance)));
}

/** The supervised process: it holds the lease from its first instruction to its last. */
async function carryOut(name: string, verb: Verb): Promise<number> {
  let instance: string | undefined;
  try {
    const { actor, request } = Envelope.parse(JSON.parse(await readRequestText(process.stdin, Infinity)));
    instance = subjectOf(request).instance;
    const context = productionContext(actor, program);
    const lease = verb.lease(request) ?? name;
    await beforeStart(() => writeHolder(context, lease, name));
    const ending = await verb.run(request, context).finally(() => removeHolder(paths, lease));
    return print(outputOf(ending, ending.kind === "failed" ? await servingNow(instance) : null));
  } catch (error) {
    return await printError(error, instance);
  }
}

/** The request of an entry. Somebody at a terminal, or with nothing to say, wanted to know how to ask. */
async function requestText(verb: string): Promise<string> {
  const text = process.stdin.isTTY ? "" : await readRequestText(process.stdin);
  if (text.trim() === "") throw emptyRequest(verb);
  return await unsealedText(text, paths);
}

function versionEnding(): Ending {
  const { sha256 } = program;
  return {
    kind: "printed",
    json: { contract: contractVersion, program: sha256 },
    table: `terrace ${sha256}, contract ${contractVersion}\n`,
  };
}

/** Run by systemd before Docker. Instances whose files cannot be provided are named; the others have theirs. */
async function unsealAtBoot(): Promise<number> {
  const { files, failures } = await provideAtBoot(productionContext({ user: "root", key: null }, program));
  const words = [`${files} secret files provided`, ...failures.map((failure) => ` !  ${failure}`)];
  return print({ stdout: "", stderr: `${words.join("\n")}\n`, exitCode: failures.length === 0 ? 0 : 1 });
}

async function checkAuthority(caller: Caller, request: Request): Promise<void> {
  const { instance } = subjectOf(request);
  const owner = instance === undefined ? undefined : await readOwner(paths, instance);
  authorize(caller, request, owner?.owner.stack);
}

function findVerb(name: string): Verb {
  const found = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (found === undefined)
    throw new InvalidRequest("malformed_request", `there is no verb "${name}"; there are ${Object.keys(verbs).join(", ")}`);
  return found;
}

async function printError(error: unknown, instance: string | undefined): Promise<number> {
  const { ending, stderr } = endingOf(error);
  const output = outputOf(ending, await servingNow(instance));
  return print({ ...output, stderr: stderr + output.stderr });
}

/**
 * For last lines only: a record that cannot be read must not hide the failure that is being reported. `null`: the instance serves nothing;
 * `undefined`: the request is about none.
 */
async function servingNow(instance: string | undefined): Promise<string | null | undefined> {
  if (instance === undefined) return undefined;
  return await servingWord(paths, instance).catch(() => "unknown (the record of what runs cannot be read)");
}

function wantsTable(invocation: Invocation): boolean {
  return invocation.kind === "typed" && invocation.asTable;
}

function print(output: Output): number {
  process.stderr.write(output.stderr);
  process.stdout.write(output.stdout);
  return output.exitCode;
}

// A lost SSH connection closes both pipes. The work goes on; only its words are lost.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);

// Pipes are written synchronously on Linux, so nothing is lost by leaving at once; open sockets to Docker would keep the process.
void main().then((exitCode) => process.exit(exitCode));
