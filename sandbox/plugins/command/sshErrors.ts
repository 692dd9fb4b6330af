import { hostPort } from "./goText.ts";

/** Error numbers in the words of Go's net package, which upstream's messages repeat. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ETIMEDOUT: "connect: connection timed out",
  EADDRNOTAVAIL: "connect: cannot assign requested address",
};

/** A failed TCP connection. Of several addresses the first one's failure is told. */
export function tcpError(
  error: NodeJS.ErrnoException & { readonly errors?: readonly unknown[]; readonly address?: string },
  host: string,
  port: number,
): Error {
  const [first] = error.errors ?? [];
  const cause = (first instanceof Error ? first : error) as typeof error;
  if (cause.code === "ENOTFOUND" || cause.code === "EAI_AGAIN")
    return new Error(`dial tcp: lookup ${host}: no such host`, { cause: error });
  return new Error(`dial tcp ${hostPort(cause.address ?? host, port)}: ${reasons[cause.code ?? ""] ?? cause.message}`, { cause: error });
}

/** A failed handshake or login. */
export function sshError(error: Error & { readonly level?: string; readonly code?: string }, methods: readonly string[]): Error {
  const say = (reason: string): Error => new Error(`ssh: handshake failed: ${reason}`, { cause: error });
  if (error.level === "client-authentication") {
    return say(`ssh: unable to authenticate, attempted methods [${methods.join(" ")}], no supported methods remain`);
  }
  if (/verification failed/i.test(error.message)) return say("ssh: host key mismatch");
  if (/no matching (?:server )?host key/i.test(error.message)) return say(`ssh: no common algorithm for host key; ${error.message}`);
  return say(error.code === "ECONNRESET" ? "read: connection reset by peer" : error.message);
}
