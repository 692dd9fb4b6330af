import assert from "node:assert/strict";
import type { PlatformRequest } from "../../../contract/index.ts";
import { canonicalJson } from "../../../contract/index.ts";
import { touched } from "./suite.ts";
import type { PlatformSuite } from "./suite.ts";

export function instancesSection(suite: PlatformSuite): void {
  const { on, call, apply } = suite;

  describe("with instances on it", () => {
    const docker = (change: Partial<PlatformRequest["docker"]>): Partial<PlatformRequest> => ({
      docker: { ...suite.world.platformRequest().docker, ...change },
    });
    const facts = (): Promise<string> =>
      on(
        "cat /etc/docker/daemon.json; systemctl show --value -p ActiveEnterTimestampMonotonic docker; docker inspect --format '{{.Id}} {{.State.StartedAt}}' terrace-ingress instance; sha256sum /etc/sudoers.d/terrace",
      );

    before(async () => {
      const image = suite.world.images.get("truealpha/redis:8") ?? "";
      const { registry } = suite.world.sandbox.seed;
      const auths = { [registry.host]: { auth: Buffer.from(`${registry.user}:${registry.password}`).toString("base64") } };
      await on("mkdir -p /run/pull && cat > /run/pull/config.json", canonicalJson({ auths }));
      await on(`docker --config /run/pull pull --quiet ${image}; rm -r /run/pull`);
      await on(`docker run --detach --name instance --label dev.terrace.instance=shop-staging ${image}`);
    });
    after(() => on("docker rm --force instance"));

    it("refuses what would restart under them, and then has changed nothing", async () => {
      const before = await facts();
      const refused = await call({ ...docker({ logMaximumFiles: 4 }), operators: [] });
      assert.deepEqual(
        [refused.exitCode, refused.stdout, refused.lastLine],
        [
          10,
          "",
          "terrace: refused (restart_needs_maintenance): Docker configuration (daemon.json differs in log-opts) would restart what shop-staging stands on; nothing was changed",
        ],
      );
      assert.equal(await facts(), before);
      const another = await call({ ingress: { ...suite.world.platformRequest().ingress, trustedProxies: ["192.0.2.0/24"] } });
      assert.match(another.lastLine, /^terrace: refused \(restart_needs_maintenance\): ingress \(was made from another definition\)/);
      assert.equal(await facts(), before);
    });

    it("takes a reload without asking", async () => {
      const started = await on("systemctl show --value -p ActiveEnterTimestampMonotonic docker");
      assert.deepEqual(touched(await apply(docker({ concurrentDownloads: 7 }))), ["Docker configuration changed"]);
      assert.equal(await on("systemctl show --value -p ActiveEnterTimestampMonotonic docker"), started);
      assert.deepEqual(touched(await apply()), ["Docker configuration changed"]);
    });

    it("restarts Docker under them where maintenance is declared, and they live on", async () => {
      const before = await on("docker inspect --format '{{.State.Pid}} {{.State.StartedAt}}' instance terrace-ingress");
      const result = await apply({ ...docker({ logMaximumFiles: 4 }), maintenance: true });
      assert.deepEqual(touched(result), ["Docker configuration changed"]);
      assert.equal(await on("docker inspect --format '{{.State.Pid}} {{.State.StartedAt}}' instance terrace-ingress"), before);
      await apply({ maintenance: true });
    });

    it("keeps the ingress it has when a new one does not come up", async () => {
      const before = await on("docker inspect --format '{{.Id}}' terrace-ingress");
      // An image that is no Traefik: it can be created and does not start.
      const ingress = { ...suite.world.platformRequest().ingress, image: suite.world.images.get("truealpha/redis:8") ?? "" };
      const failed = await call({ ingress, maintenance: true });
      assert.equal(failed.exitCode, 20, failed.stderr);
      assert.match(
        failed.lastLine,
        /^terrace: aborted \(ingress_unreachable\): the new ingress did not come up, the earlier one runs again: /,
      );
      assert.equal(await on("docker inspect --format '{{.Id}}' terrace-ingress"), before);
      await on("until [ $(docker inspect --format '{{.State.Health.Status}}' terrace-ingress) = healthy ]; do sleep 0.1; done");
      assert.deepEqual(touched(await apply({ maintenance: true })), []);
    });
  });
}
