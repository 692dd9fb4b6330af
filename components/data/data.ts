import { ComponentResource, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import { canonicalJson, contractVersion, DataRequest, type Owner } from "../../contract/index.ts";
import type { DataPlan } from "../app/plan.ts";
import { type HostConnection, hostRequest } from "../remote/index.ts";
import type { DataSettings } from "./schema.ts";

export interface DataArgs {
  readonly connection: HostConnection;
  readonly app: string;
  readonly environment: string;
  readonly instance: string;
  readonly owner: Owner;
  readonly plan: DataPlan;
  readonly settings: DataSettings;
  /** Public name of the secret set of the stateful services, or `null`. */
  readonly fingerprint: string | null;
}

/**
 * Layer 2 on the host: databases, caches, volumes and the network of one instance. They change only when this request does, so no release
 * of the app ever touches them; destroying the stack stops them and keeps every volume.
 */
export class Data extends ComponentResource {
  readonly result: Output<string>;

  constructor(name: string, args: DataArgs, options?: ComponentResourceOptions) {
    super("terrace:data:Data", name, {}, options);
    const { result } = hostRequest(
      `${name}-services`,
      { connection: args.connection, entry: "data", destroyEntry: "retire-data", request: canonicalJson(dataRequest(args)) },
      { parent: this, deleteBeforeReplace: true },
    );
    this.result = result;
    this.registerOutputs({ result });
  }
}

/** The request, from plain values only, checked against the contract: what a reviewer sees is what the host gets, and takes. */
export function dataRequest(args: Omit<DataArgs, "connection">): DataRequest {
  return DataRequest.parse({
    contract: contractVersion,
    request: "data",
    epoch: args.settings.epoch,
    instance: args.instance,
    app: args.app,
    environment: args.environment,
    owner: args.owner,
    document: args.plan.document,
    volumes: [...args.plan.volumes],
    variables: args.plan.variables,
    secrets: args.fingerprint,
    healthTimeoutSeconds: args.settings.healthTimeoutSeconds,
  } satisfies DataRequest);
}
