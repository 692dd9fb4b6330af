/** Of an image that nobody has. */
export const digest = `sha256:${"a".repeat(64)}`;

/**
 * A program that uses everything of both plugins and knows nothing of Terrace. Secrets come by the environment, as in the product, and not by stack configuration, which the engine would mask by itself.
 */
export const program = `
import * as pulumi from "@pulumi/pulumi";
import * as cloudflare from "@pulumi/cloudflare";
import * as docker from "@pulumi/docker";

const config = new pulumi.Config();
const registry = config.require("registry");
const provider = new cloudflare.Provider("cloudflare", { apiToken: pulumi.secret(process.env.TEST_API_TOKEN), baseUrl: config.require("baseUrl") });
const images = new docker.Provider("docker", {
  host: "ssh://unused",
  disableDockerDaemonCheck: true,
  registryAuth: [{ address: registry, username: "ci", password: pulumi.secret(process.env.TEST_PASSWORD) }],
});
const zoneId = cloudflare.getZoneOutput({ filter: { name: "truealpha.test" } }, { provider }).zoneId;
const app = new cloudflare.DnsRecord("app", { zoneId, name: "app.truealpha.test", type: "A", content: config.require("address"), ttl: 1, proxied: true }, { provider });
new cloudflare.DnsRecord("www", { zoneId, name: "www.truealpha.test", type: "CNAME", content: app.name, ttl: 1, proxied: true, comment: "made by a test" }, { provider });
new cloudflare.ZoneSetting("tls", { zoneId, settingId: config.require("setting"), value: config.require("value") }, { provider });
new cloudflare.Ruleset("waf", {
  zoneId, name: "test", kind: "zone", phase: "http_request_firewall_custom",
  rules: [{ ref: "dot_files", description: "dot files", action: "block", expression: '(http.host eq "app.truealpha.test" and starts_with(http.request.uri.path, "/."))' }],
}, { provider });
new cloudflare.AuthenticatedOriginPullsSettings("pulls", { zoneId, enabled: true }, { provider });
export const image = docker.getRegistryImageOutput({ name: registry + "/demo/" + config.require("image") + ":1@${digest}" }, { provider: images }).sha256Digest;
export const ranges = cloudflare.getIpRangesOutput({}, { provider }).ipv4Cidrs;
export const createdOn = app.createdOn;
`;
