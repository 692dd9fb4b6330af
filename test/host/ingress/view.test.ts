import assert from "node:assert/strict";
import type { Route } from "../../../contract/index.ts";
import { parseRouterFile, routerFileText } from "../../../host/ingress/routing.ts";
import { IngressView, missing, routeClash, routedInstances } from "../../../host/ingress/view.ts";

const route: Route = { name: "api", host: "shop.example.com", pathPrefix: "/", service: "api", port: 8080 };
const target = { colour: "green", releaseId: "1".repeat(64), routes: [route], replicas: { api: 2 } } as const;
const text = routerFileText({ instance: "shop-prod", serving: target, candidate: undefined, token: "t" }) ?? "";
const file = parseRouterFile(text);

const service = "shop-prod--green--api--8080";
const servers = [{ url: "http://shop-prod-green-api:8080" }, { url: "http://shop-prod-green-api-2:8080" }];
const shown = (): IngressView =>
  IngressView.parse({
    routers: {
      "api@internal": { rule: "PathPrefix(`/api`)", service: "api@internal", status: "enabled" },
      "shop-prod--api@file": { rule: "Host(`shop.example.com`)", service, status: "enabled" },
      "shop-prod--api--probe@file": { rule: "Host(`shop.example.com`) && Header(`X-Terrace-Probe`, `t`)", service, status: "enabled" },
      "blog-prod--web@file": { rule: "Host(`blog.example.com`)", service: "blog-prod--blue--web--80", status: "enabled" },
    },
    services: { [`${service}@file`]: { status: "enabled", loadBalancer: { servers } } },
  });

const changed = (change: (view: IngressView) => void): IngressView => {
  const view = shown();
  change(view);
  return view;
};
const router = (view: IngressView, name: string) => view.routers[name] ?? assert.fail(name);

describe("host/ingress/view", () => {
  for (const [what, view, expected] of [
    ["all of the file", shown(), undefined],
    [
      "not yet one of its routers",
      changed((view) => delete view.routers["shop-prod--api--probe@file"]),
      "router shop-prod--api--probe is not there",
    ],
    [
      "a router still at the old service",
      changed((view) => (router(view, "shop-prod--api@file").service = "shop-prod--blue--api--8080")),
      `router shop-prod--api leads to shop-prod--blue--api--8080, not to ${service}`,
    ],
    [
      "a router that it will not use",
      changed((view) => Object.assign(router(view, "shop-prod--api@file"), { status: "disabled", error: ["no such middleware"] })),
      "router shop-prod--api is disabled: no such middleware",
    ],
    [
      "a candidate of an earlier attempt, which has another token",
      changed((view) => (router(view, "shop-prod--api--probe@file").rule = "Host(`shop.example.com`) && Header(`X-Terrace-Probe`, `u`)")),
      "router shop-prod--api--probe has another rule",
    ],
    [
      "a service without one of its servers",
      changed((view) => Object.assign(view.services[`${service}@file`] ?? {}, { loadBalancer: { servers: [servers[0]] } })),
      `service ${service} has http://shop-prod-green-api:8080, not http://shop-prod-green-api:8080, http://shop-prod-green-api-2:8080`,
    ],
    [
      "no such service",
      changed((view) => (view.services = {})),
      `service ${service} has no server, not http://shop-prod-green-api:8080, http://shop-prod-green-api-2:8080`,
    ],
    [
      "a candidate that should be gone",
      changed((view) => (view.routers["shop-prod--api--candidate@file"] = { rule: "", service, status: "enabled" })),
      "router shop-prod--api--candidate@file is still there",
    ],
  ] as const) {
    it(`Traefik shows ${what}`, () => assert.equal(missing(view, "shop-prod", file), expected));
  }

  it("knows an instance that is gone by the absence of its routers, whatever else is routed", () => {
    assert.equal(missing(shown(), "shop-prod", undefined), "router shop-prod--api@file is still there");
    assert.equal(missing(shown(), "shop", undefined), undefined);
    assert.equal(missing(IngressView.parse({}), "shop-prod", undefined), undefined);
  });

  for (const [what, instance, routes, expected] of [
    ["its own routers", "shop-prod", [route], undefined],
    ["another name", "other-prod", [{ ...route, host: "other.example.com" }], undefined],
    ["another path of a name", "other-prod", [{ ...route, pathPrefix: "/other" }], undefined],
    [
      "a name that is taken",
      "other-prod",
      [route],
      "router shop-prod--api@file already takes shop.example.com/ (Host(`shop.example.com`))",
    ],
  ] as const) {
    it(`for ${what}: ${expected === undefined ? "no clash" : "a clash"}`, () =>
      assert.equal(routeClash(shown(), instance, routes, new Set(["shop-prod", "blog-prod"])), expected));
  }

  for (const [rule, clashes] of [
    ["Host(`SHOP.example.com`)", true],
    ["Host(`a.example.com`) || Host(`shop.example.com`)", true],
    ["Host(`a.example.com`, `shop.example.com`)", true],
    ["Host(`shop.example.com`) && PathPrefix(`/x`)", false],
    ["HostRegexp(`^.+$`)", false],
  ] as const) {
    it(`${rule} ${clashes ? "clashes" : "does not clash"}`, () => {
      const view = IngressView.parse({ routers: { "web@docker": { rule, service: "s", status: "enabled" } } });
      assert.equal(routeClash(view, "shop-prod", [route], new Set()) !== undefined, clashes);
    });
  }

  it("does not tell the token of another instance", () => {
    const view = shown();
    delete view.routers["shop-prod--api@file"];
    assert.equal(
      routeClash(view, "thief-staging", [route], new Set()),
      "router shop-prod--api--probe@file already takes shop.example.com/ (Host(`shop.example.com`))",
    );
  });

  it("lets nobody of another environment share a name by path", () => {
    const wanted = [{ ...route, pathPrefix: "/login" }];
    const view = shown();
    assert.deepEqual(routedInstances(view), ["shop-prod", "blog-prod"]);
    assert.equal(routeClash(view, "thief-staging", wanted, new Set(["shop-prod"])), undefined);
    assert.equal(
      routeClash(view, "thief-staging", wanted, new Set()),
      "router shop-prod--api@file already takes shop.example.com/login (Host(`shop.example.com`))",
    );
  });
});
