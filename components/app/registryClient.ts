import { request } from "node:https";
import { getCACertificates } from "node:tls";

/**
 * Asks registries whether they hold a manifest, by the OCI distribution specification, and nothing else.
 *
 * The program asks by itself and not through `@pulumi/docker`, see `docs/decisions/0005-asking-the-registry.md`: the engine would write the
 * password into its verbose log, a registry that never answers would hang the preview, and an authority of one's own would not be trusted.
 */
export interface RegistryAccess {
  readonly username: string;
  readonly password: string;
  /** CA certificate (PEM) of a registry that is not publicly trusted. */
  readonly authority: string | undefined;
}

/** What a registry says of a manifest: its status, or why it could not be asked. */
export type RegistryAnswer =
  { readonly kind: "answered"; readonly status: number } | { readonly kind: "unreachable"; readonly why: string };

interface Answer {
  readonly status: number;
  readonly challenge: string;
  readonly body: string;
}

/** Every kind of manifest that a digest may name. Without them a registry answers 404 for an index. */
const accept = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** Tokens and lists of registries are small; what is longer is none. */
const maximumBytes = 1024 * 1024;

/** Asks for `repository@digest` at `registry`, with `access` where it asks for it. Never throws; `signal` ends it. */
export async function askRegistry(
  { registry, path, digest }: { readonly registry: string; readonly path: string; readonly digest: string },
  access: RegistryAccess | undefined,
  signal: AbortSignal,
): Promise<RegistryAnswer> {
  const url = new URL(`https://${registry === "docker.io" ? "registry-1.docker.io" : registry}/v2/${path}/manifests/${digest}`);
  const send = (to: URL, method: string, authorization?: string): Promise<Answer> => answerOf(to, method, authorization, access, signal);
  try {
    const first = await send(url, "HEAD");
    if (first.status !== 401) return { kind: "answered", status: first.status };
    const authorization = await authorizationFor(first.challenge, access, send);
    return { kind: "answered", status: authorization === undefined ? 401 : (await send(url, "HEAD", authorization)).status };
  } catch (error) {
    return { kind: "unreachable", why: signal.aborted ? "it does not answer" : reasonOf(error) };
  }
}

/**
 * What a challenge wants to see: the credentials themselves, or a token that its own server gives for them, also for none where an image is
 * public (https://distribution.github.io/distribution/spec/auth/token/). `undefined`: there is nothing to show.
 */
async function authorizationFor(
  challenge: string,
  access: RegistryAccess | undefined,
  send: (to: URL, method: string, authorization?: string) => Promise<Answer>,
): Promise<string | undefined> {
  const basic = access === undefined ? undefined : `Basic ${Buffer.from(`${access.username}:${access.password}`).toString("base64")}`;
  if (/^basic\b/i.test(challenge)) return basic;
  const fields = Object.fromEntries(
    [...challenge.matchAll(/([a-z]+)="([^"]*)"/gi)].map(([, name = "", value = ""]) => [name.toLowerCase(), value]),
  );
  const realm = URL.parse(fields["realm"] ?? "");
  // The password goes to whom the registry names, and never in clear.
  if (!/^bearer\b/i.test(challenge) || realm?.protocol !== "https:") return undefined;
  for (const name of ["service", "scope"]) if (fields[name] !== undefined) realm.searchParams.set(name, fields[name]);
  const answer = await send(realm, "GET", basic);
  if (answer.status !== 200) return undefined;
  const { token, access_token: accessToken } = JSON.parse(answer.body) as { readonly token?: unknown; readonly access_token?: unknown };
  const given = token ?? accessToken;
  return typeof given === "string" ? `Bearer ${given}` : undefined;
}

function answerOf(
  url: URL,
  method: string,
  authorization: string | undefined,
  access: RegistryAccess | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method,
      signal,
      headers: { accept, ...(authorization === undefined ? {} : { authorization }) },
      ...(access?.authority === undefined ? {} : { ca: [...getCACertificates("default"), access.authority] }),
    });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      const chunks: Buffer[] = [];
      let length = 0;
      incoming.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length > maximumBytes) outgoing.destroy(new Error("it answers without end"));
        chunks.push(chunk);
      });
      incoming.on("error", reject);
      incoming.on("end", () =>
        resolve({
          status: incoming.statusCode ?? 0,
          challenge: incoming.headers["www-authenticate"] ?? "",
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    outgoing.end();
  });
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "its name does not resolve";
  if (code === "ECONNREFUSED") return "it refuses connections";
  if (code !== undefined && /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT)/.test(code))
    return `its certificate is not trusted (${code}); give its authority in registry.authority or REGISTRY_AUTHORITY`;
  return error instanceof Error ? error.message : String(error);
}
