import { execa } from "execa";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import tls from "node:tls";

/** Debian release that the servers run. */
export const serverSuite = "trixie";

/** Where Debian comes from on this machine: the proxy's upstreams, by the folder name under which Debian's own host serves them. */
export interface AptMirror {
  readonly archives: Readonly<Record<"debian" | "debian-security", URL | undefined>>;
  /** GET of a path below an archive. Resolves with the response once its headers are there, whatever the status. */
  get(archive: "debian" | "debian-security", path: string, headers?: Readonly<Record<string, string>>): Promise<IncomingMessage>;
  /** apt's own settings on this machine about out-of-date indexes, as lines for another machine's apt.conf. */
  readonly dateChecks: readonly string[];
}

/**
 * Reads this machine's apt configuration (sources in either format, proxies) through apt itself and finds which of its sources serve the
 * servers' release. Throws when none does, naming what was tried.
 */
export async function aptMirror(): Promise<AptMirror> {
  const [targets, configuration] = await Promise.all([
    execa("apt-get", ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]),
    execa("apt-config", ["dump"]),
  ]);
  const proxies = aptProxies(configuration.stdout, process.env);
  const get = getter(proxies);
  const candidates = [...new Set(targets.stdout.split("\n").filter((line) => /^https?:/.test(line)))].map(withSlash);
  const [debian, security] = await Promise.all([
    firstThatServes(get, candidates, serverSuite),
    firstThatServes(get, candidates, `${serverSuite}-security`),
  ]);
  if (debian === undefined) {
    throw new Error(
      `apt sources: none of them serves Debian "${serverSuite}"; tried ${candidates.map(String).join(", ") || "none (no http or https source)"}. ` +
        `Add one that does to /etc/apt/sources.list.d`,
    );
  }
  const archives = { debian, "debian-security": security };
  return {
    archives,
    get: (archive, path, headers = {}) => {
      const base = archives[archive];
      if (base === undefined) return Promise.reject(new Error(`apt sources: none of them serves ${archive} for ${serverSuite}`));
      return get(new URL(path, base), headers);
    },
    dateChecks: configuration.stdout.split("\n").filter((line) => /^Acquire::(Check-Valid-Until|Check-Date) /.test(line)),
  };
}

type Get = (url: URL, headers: Readonly<Record<string, string>>) => Promise<IncomingMessage>;

/** Proxies that apt would use, in the form Node's agents take. `DIRECT` and an empty value mean none. */
export function aptProxies(configuration: string, environment: NodeJS.ProcessEnv): { HTTP_PROXY?: string; HTTPS_PROXY?: string } {
  const setting = (scheme: string): string | undefined => {
    const value = new RegExp(`^Acquire::${scheme}::Proxy "(.*)";$`, "m").exec(configuration)?.[1] ?? environment[`${scheme}_proxy`];
    return value === undefined || value === "" || value.toUpperCase() === "DIRECT" ? undefined : value;
  };
  const http = setting("http");
  // apt falls back to the http proxy for https sources.
  const https = setting("https") ?? http;
  return { ...(http === undefined ? {} : { HTTP_PROXY: http }), ...(https === undefined ? {} : { HTTPS_PROXY: https }) };
}

function getter(proxyEnv: { HTTP_PROXY?: string; HTTPS_PROXY?: string }): Get {
  const common = { keepAlive: true, maxSockets: 8, proxyEnv };
  const httpAgent = new HttpAgent(common);
  // apt trusts what the machine trusts; Node by itself only what it was built with.
  const httpsAgent = new HttpsAgent({ ...common, ca: [...tls.rootCertificates, ...tls.getCACertificates("system")] });
  return (url, headers) =>
    new Promise((resolve, reject) => {
      const options = { headers: { "user-agent": "Debian APT-HTTP/1.3 (terrace sandbox)", ...headers }, timeout: 30_000 };
      const request =
        url.protocol === "https:"
          ? httpsRequest(url, { ...options, agent: httpsAgent })
          : httpRequest(url, { ...options, agent: httpAgent });
      request.once("response", resolve);
      request.once("error", reject);
      request.once("timeout", () => request.destroy(new Error(`${url.host}: no answer for 30 s`)));
      request.end();
    });
}

async function firstThatServes(get: Get, candidates: readonly URL[], suite: string): Promise<URL | undefined> {
  for (const base of candidates) {
    const answer = await get(new URL(`dists/${suite}/InRelease`, base), {}).catch(() => undefined);
    if (answer === undefined) continue;
    answer.setEncoding("utf8");
    let text = "";
    for await (const part of answer) text += String(part);
    if (answer.statusCode === 200 && /^Origin: Debian$/m.test(text)) return base;
  }
  return undefined;
}

function withSlash(address: string): URL {
  return new URL(address.endsWith("/") ? address : `${address}/`);
}
