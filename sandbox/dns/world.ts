import type { ZoneView } from "../cloudflare/index.ts";

/** An address in both families. */
export interface AddressPair {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** Everything that `.test` names can mean in a slot. */
export interface NameWorld {
  /** Fixed names: the sandbox's services and servers. Lower case, no final dot; `undefined` for any other. */
  readonly names: (name: string) => AddressPair | undefined;
  readonly zones: ZoneView;
  /** What proxied names resolve to. */
  readonly edge: AddressPair;
}
