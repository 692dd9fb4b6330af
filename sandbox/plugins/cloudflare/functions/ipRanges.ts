import { seen } from "../model/answer.ts";
import { ask } from "../model/resource.ts";
import { list, text } from "../model/schema.ts";
import type { Attributes } from "../model/schema.ts";
import { field } from "../model/value.ts";
import type { Lookup } from "./lookup.ts";

/** terraform-provider-cloudflare v5.22.0 `internal/services/ip_ranges/data_source{,_model}.go`. */
const outputs: Attributes = {
  etag: text("computed"),
  ipv4Cidrs: list("computed", text("computed")),
  ipv6Cidrs: list("computed", text("computed")),
  jdcloudCidrs: list("computed", text("computed")),
};

/** The address ranges from which Cloudflare's edge reaches origins. */
export const getIpRanges: Lookup = {
  token: "cloudflare:index/getIpRanges:getIpRanges",
  inputs: { networks: text("optional") },
  outputs,
  async invoke(inputs, reach) {
    const networks = field(inputs, "networks");
    const query = typeof networks !== "string" ? "" : `?${new URLSearchParams({ networks }).toString()}`;
    return seen(outputs, {}, await ask(reach, { method: "GET", path: `ips${query}` }));
  },
};
