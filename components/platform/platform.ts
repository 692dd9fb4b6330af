import { ComponentResource, type ComponentResourceOptions, type Input, type Output, type Resource } from "@pulumi/pulumi";
import { canonicalJson } from "../../contract/index.ts";
import { type HostConnection, hostProgram, hostRequest } from "../remote/index.ts";
import { type PlatformPlan, platformRequest } from "./platformRequest.ts";

export interface OwnPlatformArgs {
  readonly mode: "own";
  /** As root, or a user with sudo: the identity that may change the system. */
  readonly connection: HostConnection;
  readonly plan: PlatformPlan;
  /** The host program on this machine; see `bundle.ts`. */
  readonly bundlePath: string;
  /** Text of `bootstrap.sh`. */
  readonly bootstrap: string;
  /** Registry credentials and origin certificate, a `host-secrets` request in canonical JSON. Secret. */
  readonly hostSecrets: Output<string>;
}

export interface ReusedPlatformArgs {
  readonly mode: "reuse";
  /** As the deploy user: a stack that reuses a platform holds no key that may change the system. */
  readonly connection: HostConnection;
  readonly hostSecrets: Output<string>;
}

export type PlatformArgs = OwnPlatformArgs | ReusedPlatformArgs;

/**
 * Layer 1: a bare server becomes one that runs releases. Once per host, in the stack whose mode is `own`; the others bring only what their
 * environment needs of the host (registry credentials, certificate).
 */
export class Platform extends ComponentResource {
  /** What was done to each item; `undefined` where another stack keeps the platform. */
  readonly result: Output<string> | undefined;

  constructor(name: string, args: PlatformArgs, options?: ComponentResourceOptions) {
    super("terrace:platform:Platform", name, {}, options);
    const program = args.mode === "own" ? this.createProgram(name, args) : undefined;
    // Before the ingress is made: its image comes from the registry, and its certificate must be there when it starts.
    const secrets = hostRequest(
      `${name}-secrets`,
      { connection: args.connection, entry: "host-secrets", request: args.hostSecrets, secret: true },
      { parent: this, ...after(program) },
    );
    this.result = args.mode === "own" ? this.applyItems(name, args, secrets.resource) : undefined;
    this.registerOutputs({ result: this.result });
  }

  private createProgram(name: string, { connection, plan, bundlePath, bootstrap }: OwnPlatformArgs): Resource {
    return hostProgram(
      `${name}-program`,
      { connection, bundlePath, sha256: plan.program, bootstrap, identity: identityOf(connection.hostKey, plan.epoch) },
      { parent: this },
    );
  }

  private applyItems(name: string, { connection, plan }: OwnPlatformArgs, secrets: Resource): Output<string> {
    const request = canonicalJson(platformRequest(plan));
    return hostRequest(`${name}-items`, { connection, entry: "platform", request }, { parent: this, dependsOn: secrets }).result;
  }
}

/** A rebuilt server has a new host key, and a person who repaired one by hand raises the epoch. */
function identityOf(hostKey: Input<string>, epoch: number): readonly Input<string | number>[] {
  return [hostKey, epoch];
}

function after(resource: Resource | undefined): { dependsOn?: Resource } {
  return resource === undefined ? {} : { dependsOn: resource };
}
