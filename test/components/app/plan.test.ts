import assert from "node:assert/strict";
import { planApp } from "../../../components/app/plan.ts";
import { Manifest } from "../../../contract/index.ts";
import { pinned, shop, shopCompose } from "./shop.ts";

function plan(change: Parameters<typeof shop>[0] = {}) {
  const result = planApp(shop(change));
  assert.equal(result.kind, "ready", JSON.stringify(result));
  return result;
}

describe("planning an app", () => {
  it("resolves a web service completely", () => {
    assert.deepEqual(plan().release.runtime.document.services["api"], {
      image: pinned("api"),
      command: ["serve", "--port", "8000"],
      environment: { LOG_LEVEL: "debug", GREETING: "costs $$5", PRICE: "$$5", DATABASE_PASSWORD: null },
      healthcheck: { test: ["CMD", "/healthz"], interval: "5s", timeout: "5s", retries: 3, start_period: "60s", start_interval: "1s" },
      volumes: [
        { type: "volume", source: "uploads", target: "/srv/uploads" },
        { type: "bind", source: "config/app.ini", target: "/etc/app.ini", read_only: true },
        { type: "tmpfs", target: "/tmp", tmpfs: { size: 67_108_864, mode: 0o1777 } },
      ],
      read_only: true,
      mem_limit: "4g",
      cpus: 2,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      scale: 2,
      restart: "no",
      depends_on: { migrate: { condition: "service_completed_successfully" } },
    });
  });

  it("takes a size of memory as a whole number, alone or with a unit, and none where there is none", () => {
    const sizes = ["/a", "/b:size=5", "/c:size=2K", "/d:size=3m", "/e:size=1g"];
    const compose = shopCompose.replace("tmpfs: /tmp:size=64m", `tmpfs: ${JSON.stringify(sizes)}`);
    const mounts = plan({ compose }).release.runtime.document.services["api"]?.volumes ?? [];
    const found = mounts.flatMap((mount) => (mount.type === "tmpfs" ? [[mount.target, mount.tmpfs.size]] : []));
    assert.deepEqual(found, [
      ["/a", undefined],
      ["/b", 5],
      ["/c", 2048],
      ["/d", 3 * 1024 ** 2],
      ["/e", 1024 ** 3],
    ]);
  });

  it("takes capabilities in each form that Docker knows, and hands on one", () => {
    const compose = shopCompose.replace("cap_add: [CHOWN, SETUID, SETGID]", "cap_drop: [all]\n    cap_add: [CAP_CHOWN, setuid]");
    const { cap_drop, cap_add } = plan({ compose }).data.document?.services["postgres"] ?? {};
    assert.deepEqual({ cap_drop, cap_add }, { cap_drop: ["ALL"], cap_add: ["CHOWN", "SETUID"] });
  });

  it("says of each service what it is, waits for and gets", () => {
    assert.deepEqual(plan().release.services, {
      api: { role: "web", waitFor: ["postgres"], secrets: { env: ["DATABASE_PASSWORD"], file: ["SIGNING_KEY"] }, update: "overlap" },
      migrate: { role: "job", waitFor: [], secrets: { env: [], file: [] }, update: "overlap" },
      worker: { role: "worker", waitFor: ["postgres"], secrets: { env: ["DATABASE_PASSWORD"], file: [] }, update: "overlap" },
      beat: { role: "singleton", waitFor: [], secrets: { env: [], file: [] }, update: "overlap" },
    });
  });

  it("gives stateful services a document of their own, on the instance's network", () => {
    const { data } = plan();
    assert.deepEqual(Object.keys(data.document?.services ?? {}), ["postgres"]);
    assert.deepEqual(data.document?.networks, { default: { external: true, name: "shop-staging-data" } });
    assert.deepEqual(data.document.volumes, { database: { external: true, name: "shop-staging_database" } });
    assert.deepEqual(data.variables, { postgres: ["DATABASE_PASSWORD"] });
  });

  it("lets no strategy of the app reach a stateful service: a release would make the database anew", () => {
    const { strategy } = shop();
    const started = (change: Parameters<typeof shop>[0]) => plan(change).data.document?.services["postgres"]?.healthcheck?.start_period;
    assert.equal(started({}), "180s");
    assert.equal(started({ data: { healthTimeoutSeconds: 600 } }), "600s");
    const patient = { strategy: { ...strategy, healthTimeoutSeconds: 999, settleSeconds: 1, drainSeconds: 1 } };
    assert.deepEqual(plan(patient).data, plan().data);
  });

  it("leaves every volume to the data layer, also those that only the app mounts", () => {
    assert.deepEqual(plan().data.volumes, ["database", "uploads"]);
    assert.deepEqual(plan().release.runtime.document.volumes, { uploads: { external: true, name: "shop-staging_uploads" } });
  });

  it("puts no network into the app's document: the host connects containers under names that no other colour has", () => {
    assert.equal("networks" in plan().release.runtime.document, false);
  });

  it("is accepted by the contract", () => {
    const { release } = plan();
    const provenance = { version: "1.4.2", commit: "0a1b2c3", requestedBy: "ada", run: "local" };
    const manifest = {
      instance: "shop-staging",
      app: "shop",
      environment: "staging",
      owner: { project: "terrace", stack: "staging" },
      provenance,
    };
    Manifest.parse({ ...manifest, release: { ...release, secrets: "f".repeat(64) } });
  });

  it("gives equal plans for equal input", () => assert.deepEqual(plan(), plan()));
});
