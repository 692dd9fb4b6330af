import { createHash } from "node:crypto";
import { send } from "../cloudflare/transport.ts";
import type { WireAnswer } from "../cloudflare/transport.ts";
import { parseChallenge, tokenUrl } from "./challenge.ts";
import type { BearerChallenge } from "./challenge.ts";
import { parseImageReference } from "./imageReference.ts";
import type { ImageReference } from "./imageReference.ts";
import { firstAuthorization, loginFor } from "./registryAuth.ts";
import type { RegistryLogin, RegistryLogins } from "./registryAuth.ts";

/** What is asked of which registry. */
export interface Question {
  /** `repository:tag@sha256:…`, with the registry's host in front. */
  readonly name: string;
  readonly insecureSkipVerify: boolean;
  readonly logins: RegistryLogins;
  readonly signal: AbortSignal;
}

/** The kinds of manifest that name an image, one header line each as upstream sends them, and the old one that it tries next. */
const manifestTypes = [
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
];
const oldManifestType = ["application/vnd.docker.distribution.manifest.v1+prettyjws"];

/**
 * The digest under which a registry has an image, by `HEAD /v2/<repository>/manifests/<tag or digest>`. After any failure upstream asks once
 * more for the old kind of manifest and reports the second failure; so does this (terraform-provider-docker v4.5.0
 * `data_source_docker_registry_image.go`).
 *
 * @throws Error whose message has the status (`got bad response from registry: 404 Not Found`, `bad credentials: 401 Unauthorized`) or, when
 *   no answer came, Go's words for why (`Error during registry request: Head "https://…": dial tcp …: connect: connection refused`)
 */
export async function imageDigest(question: Question): Promise<string> {
  const reference = parseImageReference(question.name);
  const login = loginFor(reference.registry, question.logins);
  try {
    return await askOnce(question, reference, login, manifestTypes);
  } catch {
    question.signal.throwIfAborted();
  }
  try {
    return await askOnce(question, reference, login, oldManifestType);
  } catch (error) {
    question.signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Got error when attempting to fetch image version ${reference.repository}:${reference.manifest} from registry: ${reason}`,
      { cause: error },
    );
  }
}

async function askOnce(question: Question, reference: ImageReference, login: RegistryLogin, accept: readonly string[]): Promise<string> {
  const url = new URL(`${login.serverAddress}/v2/${reference.repository}/manifests/${reference.manifest}`);
  const request = (method: "HEAD" | "GET", authorization: string | undefined): Promise<WireAnswer> =>
    exchange(question, method, url, { Accept: accept, ...(authorization === undefined ? {} : { Authorization: authorization }) });

  const first = await prefixed("Error", request("HEAD", firstAuthorization(reference.registry, login)));
  if (first.status === 200) return digestOf(first);
  if (first.status !== 401) throw new Error(`got bad response from registry: ${statusLine(first)}`);
  const challenge = parseChallenge(first.headers["www-authenticate"]);
  if (challenge === null) throw new Error(`bad credentials: ${statusLine(first)}`);
  const authorization = `Bearer ${await fetchToken(question, challenge, reference, login)}`;
  const head = accepted(await prefixed("error", request("HEAD", authorization)));
  // A HEAD without the digest's header is followed by a GET, whose body the digest can be made from.
  if (head.headers["docker-content-digest"] !== undefined) return digestOf(head);
  return digestOf(accepted(await prefixed("error", request("GET", authorization))));
}

async function fetchToken(
  question: Question,
  challenge: BearerChallenge,
  reference: ImageReference,
  login: RegistryLogin,
): Promise<string> {
  const url = tokenUrl(challenge, reference.repository);
  const credentials = login.username === "" ? undefined : `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
  const request = (authorization: string | undefined): Promise<WireAnswer> =>
    exchange(question, "GET", url, {
      Accept: "application/json",
      "User-Agent": "docker/28.1.1",
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    });

  let answer = await prefixed("error", request(credentials));
  if (credentials !== undefined && (answer.status === 401 || answer.status === 403)) {
    answer = await prefixed("error", request(undefined), "anonymous registry token request");
  }
  const parsed: unknown = JSON.parse(accepted(answer).body.toString("utf8"));
  const { token, access_token: accessToken } = (typeof parsed === "object" && parsed !== null ? parsed : {}) as Record<string, unknown>;
  const found = token !== undefined && token !== "" ? token : accessToken;
  if (typeof found !== "string" || found === "") throw new Error("Error unsupported OAuth response");
  return found;
}

function exchange(
  question: Question,
  method: string,
  url: URL,
  headers: Readonly<Record<string, string | readonly string[]>>,
): Promise<WireAnswer> {
  return send({ method, url, headers, verifyCertificate: !question.insecureSkipVerify, signal: question.signal });
}

async function prefixed(word: "Error" | "error", answer: Promise<WireAnswer>, during = "registry request"): Promise<WireAnswer> {
  try {
    return await answer;
  } catch (error) {
    throw new Error(`${word} during ${during}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function accepted(answer: WireAnswer): WireAnswer {
  if (answer.status !== 200) throw new Error(`got bad response from registry: ${statusLine(answer)}`);
  return answer;
}

function digestOf(answer: WireAnswer): string {
  const header = answer.headers["docker-content-digest"];
  if (header !== undefined && header !== "") return header;
  if (answer.body.length === 0)
    throw new Error("error reading registry response body: it is empty, and there is no Docker-Content-Digest header");
  return `sha256:${createHash("sha256").update(answer.body).digest("hex")}`;
}

function statusLine(answer: WireAnswer): string {
  return `${answer.status} ${answer.statusText}`;
}
