import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { colours, instanceName } from "../../../contract/index.ts";
import type { Route } from "../../../contract/index.ts";
import {
  dynamicConfiguration,
  leadsTo,
  parseRouterFile,
  routedHosts,
  routerFileText,
  routerName,
  serviceName,
  writtenHosts,
} from "../../../host/ingress/routing.ts";
import { routerFileToKeep, writeRouterFile } from "../../../host/ingress/routerFile.ts";
import { hostPaths } from "../../../host/paths.ts";
import type { Routing, Target } from "../../../host/ingress/routing.ts";

const api: Route = { name: "api", host: "shop.example.com", pathPrefix: "/", service: "api", port: 8080 };
const admin: Route = { name: "admin", host: "shop.example.com", pathPrefix: "/admin", service: "web", port: 80 };
const target = (changes: Partial<Target> = {}): Target => ({
  colour: "blue",
  releaseId: "1".repeat(64),
  routes: [api],
  replicas: { api: 1 },
  ...changes,
});
const routing = (changes: Partial<Routing> = {}): Routing => ({
  instance: "shop-prod",
  serving: target(),
  candidate: undefined,
  token: "t0ken",
  ...changes,
});

const headers = (releaseId: string) => ({
  headers: {
    customRequestHeaders: { "X-Terrace-Candidate": "", "X-Terrace-Probe": "" },
    customResponseHeaders: { "X-Terrace-Release": releaseId, "Cache-Control": "no-store" },
  },
});

describe("host/ingress/routing", () => {
  it("routes the public and the probe to what serves", () => {
    const probeRule = "Host(`shop.example.com`) && Header(`X-Terrace-Probe`, `t0ken`)";
    assert.deepEqual(dynamicConfiguration(routing()), {
      http: {
        routers: {
          "shop-prod--api": {
            rule: "Host(`shop.example.com`)",
            entryPoints: ["websecure"],
            service: "shop-prod--blue--api--8080",
            tls: {},
          },
          "shop-prod--api--probe": {
            rule: probeRule,
            priority: 1_000_000 + probeRule.length,
            middlewares: ["shop-prod--probe"],
            entryPoints: ["websecure"],
            service: "shop-prod--blue--api--8080",
            tls: {},
          },
        },
        services: { "shop-prod--blue--api--8080": { loadBalancer: { servers: [{ url: "http://shop-prod-blue-api:8080" }] } } },
        middlewares: { "shop-prod--probe": headers("1".repeat(64)) },
      },
    });
  });

  it("lets only the token reach a candidate, and changes nothing of what serves", () => {
    const candidate = target({ colour: "green", releaseId: "2".repeat(64), replicas: { api: 2 } });
    const before = dynamicConfiguration(routing());
    const during = dynamicConfiguration(routing({ candidate }));
    assert.ok(before !== undefined && during !== undefined);
    assert.equal(during.http.routers["shop-prod--api"] !== undefined, true);
    for (const [name, router] of Object.entries(before.http.routers)) assert.deepEqual(during.http.routers[name], router);
    const added = Object.keys(during.http.routers).filter((name) => !(name in before.http.routers));
    assert.deepEqual(added, ["shop-prod--api--candidate"]);
    assert.match(JSON.stringify(during.http.routers["shop-prod--api--candidate"]), /Header\(`X-Terrace-Candidate`, `t0ken`\)/);
    assert.deepEqual(during.http.services["shop-prod--green--api--8080"], {
      loadBalancer: { servers: [{ url: "http://shop-prod-green-api:8080" }, { url: "http://shop-prod-green-api-2:8080" }] },
    });
  });

  it("has no file for an instance without routes, nor for one that serves nothing", () => {
    assert.equal(routerFileText(routing({ serving: target({ routes: [] }) })), undefined);
    assert.equal(routerFileText(routing({ serving: undefined })), undefined);
  });

  it("gives a first release only its candidate's routers", () => {
    const file = dynamicConfiguration(routing({ serving: undefined, candidate: target() }));
    assert.deepEqual(Object.keys(file?.http.routers ?? {}), ["shop-prod--api--candidate"]);
  });

  it("asks for the path prefix where there is one, in every kind of router", () => {
    const file = dynamicConfiguration(routing({ serving: target({ routes: [api, admin] }) }));
    assert.deepEqual(
      Object.entries(file?.http.routers ?? {}).map(([name, router]) => [
        name,
        (router as { rule: string }).rule.includes("PathPrefix(`/admin`)"),
      ]),
      [
        ["shop-prod--api", false],
        ["shop-prod--admin", true],
        ["shop-prod--api--probe", false],
        ["shop-prod--admin--probe", true],
      ],
    );
  });

  it("never uses a middleware that sends a request twice", () => {
    assert.doesNotMatch(routerFileText(routing({ candidate: target({ colour: "green" }) })) ?? "", /retry/i);
  });

  it("is read back as it was written", () => {
    const text = routerFileText(routing({ candidate: target({ colour: "green" }) })) ?? "";
    assert.deepEqual(parse(text), dynamicConfiguration(routing({ candidate: target({ colour: "green" }) })));
    assert.deepEqual(Object.keys(parseRouterFile(text).http.routers), [
      "shop-prod--api",
      "shop-prod--api--probe",
      "shop-prod--api--candidate",
    ]);
    assert.deepEqual(routedHosts(text), ["shop.example.com"]);
    assert.throws(() => parseRouterFile("http: {routers: 7}"));
  });

  describe("broken by hand", () => {
    const broken = ["http: [oops\n", "", "http: {routers: 7}"];
    let root: string;
    beforeEach(async () => (root = await mkdtemp(join(tmpdir(), "terrace-routes-"))));
    afterEach(() => rm(root, { recursive: true }));

    it("routes nobody, and is no fault of whoever looks at it", () => {
      for (const text of broken) {
        assert.deepEqual(routedHosts(text), []);
        assert.equal(leadsTo(text, "shop-prod", target()), false);
      }
      assert.equal(leadsTo(routerFileText(routing()), "shop-prod", target()), true);
    });

    it("is nothing to go back to: what serves is written anew", async () => {
      const paths = hostPaths(root);
      assert.equal(await routerFileToKeep(paths, "shop-prod", () => "anew"), undefined);
      for (const text of broken) {
        await writeRouterFile(paths, "shop-prod", text);
        assert.equal(await routerFileToKeep(paths, "shop-prod", () => "anew"), "anew");
      }
      const whole = `# by hand\n${routerFileText(routing()) ?? ""}`;
      await writeRouterFile(paths, "shop-prod", whole);
      assert.equal(await routerFileToKeep(paths, "shop-prod", () => "anew"), whole);
    });
  });

  it("gives no two routers, and no two services, of any instances one name", () => {
    const label = fc.stringMatching(/^[a-z][a-z0-9]{0,2}(-[a-z0-9]{1,2}){0,2}$/);
    const place = fc.record({
      app: label,
      environment: label,
      route: label,
      kind: fc.constantFrom("serving", "probe", "candidate"),
      colour: fc.constantFrom(...colours),
      service: label,
      port: fc.integer({ min: 1, max: 99 }),
    });
    fc.assert(
      fc.property(place, place, (a, b) => {
        const [first, second] = [a, b].map((one) => instanceName(one.app, one.environment));
        if (routerName(first ?? "", a.route, a.kind) === routerName(second ?? "", b.route, b.kind)) {
          assert.deepEqual([first, a.route, a.kind], [second, b.route, b.kind]);
        }
        if (serviceName(first ?? "", a.colour, a) === serviceName(second ?? "", b.colour, b)) {
          assert.deepEqual([first, a.colour, a.service, a.port], [second, b.colour, b.service, b.port]);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("names the hosts of a file, and none that only stands in a path", () => {
    const path = { ...api, pathPrefix: "/Host(bank.example.com)" };
    const text = routerFileText(routing({ serving: target({ routes: [path, admin] }) })) ?? assert.fail();
    assert.deepEqual(writtenHosts(text), ["shop.example.com"]);
    assert.deepEqual(writtenHosts("rule: Host(`a.example.com`, `b.example.com`) &&\n {"), ["a.example.com", "b.example.com"]);
  });
});
