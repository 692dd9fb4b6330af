import type { types } from "@pulumi/command";
import type { HostConnection } from "./hostConnection.ts";

/** The provider's connection. One refused dial is enough: retrying for eleven seconds hides a typing error in the address. */
export function toConnection({ address, port, user, privateKey, hostKey }: HostConnection): types.input.remote.ConnectionArgs {
  return { host: address, port, user, privateKey, hostKey, dialErrorLimit: 3, perDialTimeout: 15 };
}
