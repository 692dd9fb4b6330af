import * as pulumi from "@pulumi/pulumi";
import type { HostConnection } from "../../../components/remote/index.ts";

export function connection(user = "deploy-staging"): HostConnection {
  return { address: "192.0.2.7", port: 22, user, privateKey: pulumi.secret("PRIVATE KEY"), hostKey: "ssh-ed25519 AAAA" };
}

/** What the provider gets of it; the SDK makes the whole block a secret. */
export function connectionInputs(user = "deploy-staging"): unknown {
  return {
    host: "192.0.2.7",
    port: 22,
    user,
    privateKey: "PRIVATE KEY",
    hostKey: "ssh-ed25519 AAAA",
    dialErrorLimit: 3,
    perDialTimeout: 15,
  };
}
