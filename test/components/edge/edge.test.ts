import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { cloudflareProvider, Edge } from "../../../components/edge/index.ts";
import { EdgeSettings } from "../../../components/edge/schema.ts";
import { registrations, secret } from "../shared/mocks.ts";

const zoneId = "0123456789abcdef0123456789abcdef";

async function edge(settings: unknown, hostAddress: pulumi.Input<string> = "192.0.2.7") {
  const all = await registrations(() => {
    const providers = [cloudflareProvider("cloudflare", pulumi.secret("token"))];
    new Edge("edge", { settings: EdgeSettings.parse(settings), zoneId, hostAddress }, { providers });
  });
  return all.filter(({ type }) => type !== "terrace:edge:Edge");
}

const records = [
  { name: "api.example.com", type: "A" },
  { name: "www.example.com", type: "CNAME", content: "api.example.com", proxied: false, ttl: 300, comment: "for people" },
];
const rule = {
  ref: "block-metrics",
  description: "metrics are for the inside",
  expression: 'http.host eq "api.example.com"',
  action: "block",
};

describe("edge", () => {
  it("makes this stack's records and nothing else where the zone is shared", async () => {
    const made = await edge({ zoneName: "example.com", records });
    assert.deepEqual(
      made.map(({ type, name }) => [type, name]),
      [
        ["pulumi:providers:cloudflare", "cloudflare"],
        ["cloudflare:index/dnsRecord:DnsRecord", "edge-api.example.com-A"],
        ["cloudflare:index/dnsRecord:DnsRecord", "edge-www.example.com-CNAME"],
      ],
    );
    assert.deepEqual(made[0]?.inputs, { apiToken: secret("token") });
    assert.deepEqual(made[1]?.inputs, { zoneId, name: "api.example.com", type: "A", content: "192.0.2.7", proxied: true, ttl: 1 });
    assert.deepEqual(made[2]?.inputs, {
      zoneId,
      name: "www.example.com",
      type: "CNAME",
      content: "api.example.com",
      proxied: false,
      ttl: 300,
      comment: "for people",
    });
  });

  it("writes addresses as Cloudflare answers with them, so that no preview shows a difference", async () => {
    const two = [
      { name: "api.example.com", type: "AAAA" },
      { name: "www.example.com", type: "AAAA", content: "2001:DB8:0:0:0:0:0:00A1" },
    ];
    const made = await edge({ zoneName: "example.com", records: two }, pulumi.secret("2001:0db8::0007"));
    const contents = Object.fromEntries(made.slice(1).map(({ name, inputs }) => [name, inputs["content"]]));
    assert.deepEqual(contents, { "edge-api.example.com-AAAA": secret("2001:db8::7"), "edge-www.example.com-AAAA": "2001:db8::a1" });
  });

  it("holds what a zone has only one of where it owns the zone", async () => {
    const made = await edge({
      zone: "own",
      zoneName: "example.com",
      records,
      zoneSettings: { minimumTlsVersion: "1.3" },
      firewallRules: [rule],
    });
    const settings = made
      .filter(({ type }) => type === "cloudflare:index/zoneSetting:ZoneSetting")
      .map(({ inputs }) => [inputs["settingId"], inputs["value"]]);
    assert.deepEqual(settings, [
      ["ssl", "strict"],
      ["always_use_https", "on"],
      ["min_tls_version", "1.3"],
      ["tls_1_3", "on"],
      ["automatic_https_rewrites", "on"],
    ]);
    const rulesets = made.filter(({ type }) => type === "cloudflare:index/ruleset:Ruleset");
    assert.equal(rulesets.length, 1);
    assert.deepEqual(rulesets[0]?.inputs, {
      zoneId,
      kind: "zone",
      phase: "http_request_firewall_custom",
      name: "terrace",
      rules: [{ ...rule, enabled: true }],
    });
  });

  it("makes no ruleset without rules: an empty one would still claim the phase", async () => {
    const made = await edge({ zone: "own", zoneName: "example.com", records });
    assert.equal(
      made.some(({ type }) => type === "cloudflare:index/ruleset:Ruleset"),
      false,
    );
  });
});
