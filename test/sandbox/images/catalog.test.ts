import assert from "node:assert/strict";
import { catalog, ordersFor } from "../../../sandbox/images/catalog.ts";

const tagsOf = (names: readonly string[]): readonly string[] =>
  ordersFor(names).map(({ recipe, variant }) => `${recipe.repository}:${variant.tag}`);

describe("catalog of images", () => {
  it("means all usual tags by a name, one by a tag, and nothing twice", () => {
    assert.deepEqual(tagsOf(["truealpha/redis", "truealpha/api:v9", "truealpha/redis:8"]), ["truealpha/redis:8", "truealpha/api:v9"]);
  });

  it("means everything by nothing", () => {
    assert.deepEqual([...tagsOf([])].sort(), [
      "terrace/traefik:v3",
      "truealpha/api:exits",
      "truealpha/api:never-healthy",
      "truealpha/api:smoke-fails",
      "truealpha/api:v1",
      "truealpha/api:v2",
      "truealpha/api:v3",
      "truealpha/flower:stand-in",
      "truealpha/neo4j:stand-in",
      "truealpha/postgres:17",
      "truealpha/redis:8",
      "truealpha/worker:exits",
      "truealpha/worker:never-healthy",
      "truealpha/worker:v1",
      "truealpha/worker:v2",
      "truealpha/worker:v3",
    ]);
  });

  it("tells all unknown names at once", () => {
    assert.throws(
      () => ordersFor(["truealpha/app", "truealpha/redis:9", "truealpha/api:newest"]),
      (error: Error) => {
        const lines = error.message.split("\n");
        assert.equal(lines.length, 3);
        assert.match(lines[0] ?? "", /^image "truealpha\/app": there are terrace\/traefik, /);
        assert.equal(lines[1], 'image "truealpha/redis:9": it has no such tag, only 8');
        assert.match(lines[2] ?? "", /^tag "newest": must be a version/);
        return true;
      },
    );
  });

  it("gives every image a health check, and everything but the ingress a user without rights", () => {
    for (const { repository, config } of catalog) {
      assert.ok(config.health.command.length > 0, repository);
      if (repository !== "terrace/traefik") assert.match(config.user ?? "root", /^[1-9][0-9]*:[1-9][0-9]*$/, repository);
    }
  });
});
