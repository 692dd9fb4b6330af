import type { types } from "@pulumi/command";
import type { HostConnection } from "./hostConnection.ts";

/** The provider's connection. Three retries of a dial instead of its ten: more only hide a typing error in the address. */
export function toConnection({ address, port, user, privateKey, hostKey }: HostConnection): types.input.remote.ConnectionArgs {
  return { host: address, port, user, privateKey, hostKey, dialErrorLimit: 3, perDialTimeout: 15 };
}
