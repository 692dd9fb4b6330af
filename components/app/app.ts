import { ComponentResource, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import {
  canonicalJson,
  contractVersion,
  Manifest,
  type Owner,
  type Provenance,
  type Release,
  releaseId,
  type RolloutRequest,
} from "../../contract/index.ts";
import { type HostConnection, hostRequest } from "../remote/index.ts";

export interface AppArgs {
  readonly connection: HostConnection;
  readonly app: string;
  readonly environment: string;
  readonly instance: string;
  readonly owner: Owner;
  readonly provenance: Provenance;
  readonly release: Omit<Release, "secrets">;
  /** Raised to send the same release again. */
  readonly epoch: number;
  /** Public name of the secret set that the containers get, or `null`. */
  readonly fingerprint: string | null;
}

/**
 * Layer 3: one release of one app on one host. Everything it is made of is plain and known at the first preview, so the diff of this one
 * request is the diff of what will run.
 */
export class App extends ComponentResource {
  readonly releaseId: string;
  readonly result: Output<string>;

  constructor(name: string, args: AppArgs, options?: ComponentResourceOptions) {
    super("terrace:app:App", name, {}, options);
    const request = rolloutRequest(args);
    const { result } = hostRequest(
      `${name}-rollout`,
      { connection: args.connection, entry: "rollout", destroyEntry: "retire", request: canonicalJson(request) },
      // A forced replacement is retire, then create: the other order would take the new release out of routing.
      { parent: this, deleteBeforeReplace: true },
    );
    this.releaseId = releaseId(request.manifest);
    this.result = result;
    this.registerOutputs({ releaseId: this.releaseId, result });
  }
}

/** The rollout request, checked against the contract before anything is registered: a manifest the host would refuse fails the preview. */
export function rolloutRequest(args: Omit<AppArgs, "connection">): RolloutRequest {
  const manifest = Manifest.parse({
    instance: args.instance,
    app: args.app,
    environment: args.environment,
    owner: args.owner,
    provenance: args.provenance,
    release: { ...args.release, secrets: args.fingerprint },
  });
  return { contract: contractVersion, request: "rollout", epoch: args.epoch, manifest };
}
