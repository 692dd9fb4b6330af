import type { Reach } from "../model/resource.ts";
import type { Attributes, Fault } from "../model/schema.ts";
import type { Fields } from "../model/value.ts";

/** A function of the provider: asks the API and changes nothing. Runs in previews too. */
export interface Lookup {
  /** `cloudflare:index/getZone:getZone`. */
  readonly token: string;
  readonly inputs: Attributes;
  readonly outputs: Attributes;
  /** Faults that no single input has. */
  readonly check?: (inputs: Fields) => readonly Fault[];
  invoke(inputs: Fields, reach: Reach): Promise<Fields>;
}
