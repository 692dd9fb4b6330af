import type { Input, Output } from "@pulumi/pulumi";

/** How to reach a host as one of its identities. The host key is pinned: without one anybody on the way could be the server. */
export interface HostConnection {
  /** Name or address of the server. */
  readonly address: Input<string>;
  /** @default 22 */
  readonly port: number;
  /** Login: `deploy-<environment>`, or the platform identity. */
  readonly user: Input<string>;
  /** Private key (PEM, OpenSSH format). Secret. */
  readonly privateKey: Output<string>;
  /** The server's ed25519 key, as in `ssh-ed25519 AAAA…`. */
  readonly hostKey: Input<string>;
}
