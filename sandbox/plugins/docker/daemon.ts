import type { RequestOptions } from "node:http";

/** The address that Docker's own client uses when it is told none. */
export const defaultHost = "unix:///var/run/docker.sock";

/**
 * What the official provider does when it is configured, `disableDockerDaemonCheck` or not: it pings the daemon, except when the host is
 * reached over SSH, where it dials nothing (pulumi-docker v5.1.0 `provider/image.go` `configureDockerClient`, called by the native half).
 *
 * @throws Error when no daemon answers, in the words of the official provider
 */
export async function requireDaemon(host: string): Promise<void> {
  const address = new URL(host);
  if (address.protocol === "ssh:") return;
  const target = socketOf(address);
  if (target === null) {
    throw new Error(
      `host: must begin with unix://, tcp://, http:// or ssh://; got ${JSON.stringify(host)} (TLS to a daemon is not known to this plugin)`,
    );
  }
  if (!(await answers(target)))
    throw new Error("docker native provider returned an unexpected error from Configure: failed to connect to any docker daemon");
}

function socketOf(address: URL): RequestOptions | null {
  if (address.protocol === "unix:") return { socketPath: address.pathname };
  if (address.protocol === "tcp:" || address.protocol === "http:")
    return { host: address.hostname, port: address.port === "" ? 2375 : Number(address.port) };
  return null;
}

async function answers(target: RequestOptions): Promise<boolean> {
  const { request } = await import("node:http");
  return new Promise((resolve) => {
    request({ ...target, method: "HEAD", path: "/_ping", agent: false, headers: { Host: "docker" } }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on("error", () => resolve(false))
      .end();
  });
}
