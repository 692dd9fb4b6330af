import assert from "node:assert/strict";
import { parse } from "yaml";
import type { PlatformRequest } from "../../../contract/index.ts";
import { hostPaths } from "../../../host/paths.ts";
import { ingressConfiguration, ingressTlsOptions } from "../../../host/platform/ingressConfiguration.ts";
import { definitionLabel, ingressContainer } from "../../../host/platform/ingressContainer.ts";

const image = `registry.example.com/traefik:v3@sha256:${"a".repeat(64)}`;
const ingress: PlatformRequest["ingress"] = { kind: "own", image, trustedProxies: ["173.245.48.0/20"], minimumTlsVersion: "1.2" };
const request = { environment: "staging", ingress };

describe("the ingress", () => {
  it("has an API that only its own loopback reaches, and reads routes from files alone", () => {
    const configuration = parse(ingressConfiguration(ingress)) as Record<string, Record<string, unknown> | undefined>;
    assert.deepEqual(configuration["entryPoints"]?.["traefik"], { address: "127.0.0.1:8080" });
    assert.deepEqual(configuration["api"], { insecure: true, dashboard: false });
    assert.deepEqual(configuration["providers"], {
      providersThrottleDuration: "100ms",
      file: { directory: "/etc/traefik/dynamic", watch: true },
    });
    assert.equal(configuration["certificatesResolvers"], undefined);
  });

  it("sends plain requests to TLS, and speaks TLS on every router of :443", () => {
    const { entryPoints } = parse(ingressConfiguration(ingress)) as { entryPoints: Record<string, { address: string; http: unknown }> };
    assert.deepEqual(Object.keys(entryPoints), ["traefik", "web", "websecure"]);
    assert.equal(entryPoints["web"]?.address, ":80");
    assert.deepEqual(entryPoints["web"].http, { redirections: { entryPoint: { to: "websecure", scheme: "https", permanent: true } } });
    assert.equal(entryPoints["websecure"]?.address, ":443");
    assert.deepEqual(entryPoints["websecure"].http, { tls: {} });
  });

  it("believes X-Forwarded-For of the edge only, and of nobody when there is none", () => {
    const headers = (trustedProxies: readonly string[]) => {
      const { entryPoints } = parse(ingressConfiguration({ ...ingress, trustedProxies: [...trustedProxies] })) as {
        entryPoints: Record<string, { forwardedHeaders?: unknown }>;
      };
      return [entryPoints["web"]?.forwardedHeaders, entryPoints["websecure"]?.forwardedHeaders];
    };
    const trusted = { trustedIPs: ["173.245.48.0/20"] };
    assert.deepEqual(headers(["173.245.48.0/20"]), [trusted, trusted]);
    assert.deepEqual(headers([]), [undefined, undefined]);
  });

  it("shows no certificate that it made up, and no older TLS than asked for", () => {
    for (const [minimumTlsVersion, minVersion] of [
      ["1.2", "VersionTLS12"],
      ["1.3", "VersionTLS13"],
    ] as const) {
      const options: unknown = parse(ingressTlsOptions({ ...ingress, minimumTlsVersion }));
      assert.deepEqual(options, { tls: { options: { default: { minVersion, sniStrict: true } } } });
    }
  });

  it("may do nothing but listen", () => {
    const { body } = ingressContainer(request, "text", hostPaths());
    const host = body["HostConfig"] as Record<string, unknown>;
    assert.deepEqual(
      [host["ReadonlyRootfs"], host["CapDrop"], host["CapAdd"], host["SecurityOpt"], host["Privileged"], host["Binds"]],
      [true, ["ALL"], ["NET_BIND_SERVICE"], ["no-new-privileges:true"], undefined, undefined],
    );
    assert.deepEqual(host["Mounts"], [
      { Type: "bind", Source: "/srv/terrace/ingress/traefik.yml", Target: "/etc/traefik/traefik.yml", ReadOnly: true },
      { Type: "bind", Source: "/srv/terrace/ingress/dynamic", Target: "/etc/traefik/dynamic", ReadOnly: true },
      { Type: "bind", Source: "/srv/terrace/ingress/certificates", Target: "/etc/traefik/certificates", ReadOnly: true },
    ]);
    assert.deepEqual(Object.keys(host["PortBindings"] as object), ["80/tcp", "443/tcp"]);
  });

  it("is another one when its image or its configuration is, and else the same", () => {
    const of = (change: Partial<typeof ingress>, configuration = "text"): string =>
      ingressContainer({ ...request, ingress: { ...ingress, ...change } }, configuration, hostPaths()).definition;
    assert.equal(of({}), of({}));
    assert.notEqual(of({}), of({}, "other text"));
    assert.notEqual(of({}), of({ image: image.replace("aaaa", "bbbb") }));
    const { body, definition } = ingressContainer(request, "text", hostPaths());
    assert.equal((body["Labels"] as Record<string, string>)[definitionLabel], definition);
  });
});
