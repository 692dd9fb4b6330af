import { ComponentResource, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import { type HostConnection, hostRequest } from "../remote/index.ts";

export interface InstanceSecretsArgs {
  readonly connection: HostConnection;
  /** The secrets request in canonical JSON. Secret as a whole. */
  readonly request: Output<string>;
}

/**
 * What the containers of one instance see, sealed on the host before data or a release ask for it. Kept when the stack is destroyed: the
 * volumes that stay would be unreadable without the passwords they were made with.
 */
export class InstanceSecrets extends ComponentResource {
  constructor(name: string, args: InstanceSecretsArgs, options?: ComponentResourceOptions) {
    super("terrace:app:InstanceSecrets", name, {}, options);
    hostRequest(`${name}-sealed`, { connection: args.connection, entry: "secrets", request: args.request, secret: true }, { parent: this });
    this.registerOutputs({});
  }
}
