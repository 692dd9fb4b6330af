import type { Properties } from "../../../../../sandbox/plugins/base/index.ts";
import { zoneId } from "./provider.ts";

export const token = "cloudflare:index/dnsRecord:DnsRecord";
export const records = `/client/v4/zones/${zoneId}/dns_records`;

export const inputs: Properties = { zoneId, name: "app.truealpha.test", type: "A", content: "198.18.16.11", ttl: 1, proxied: true };
export const answer = {
  id: "372e67954025e0ba6aaa6d586b9e0b59",
  name: "app.truealpha.test",
  type: "A",
  content: "198.18.16.11",
  proxiable: true,
  proxied: true,
  ttl: 1,
  settings: {},
  meta: {},
  comment: null,
  tags: [],
  created_on: "2026-01-02T03:04:05.678901Z",
  modified_on: "2026-01-02T03:04:05.678901Z",
};
export const state: Properties = {
  ...inputs,
  id: answer.id,
  tags: [],
  settings: {},
  proxiable: true,
  meta: "{}",
  createdOn: "2026-01-02T03:04:05Z",
  modifiedOn: "2026-01-02T03:04:05Z",
};
