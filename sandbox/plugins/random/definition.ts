import { definitionsFor } from "../base/index.ts";

/** Nothing to connect to, nothing to configure. */
export interface NoClient {
  readonly kind: "none";
}

export const define = definitionsFor<NoClient>();

export const keepers = { type: "map", items: { type: "string" } } as const;
