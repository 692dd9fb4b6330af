import assert from "node:assert/strict";
import { newCourse } from "../../../host/rollout/attempt.ts";
import { onwards, servesSentence } from "../../../host/rollout/conclude.ts";
import { manifest } from "../fixtures.ts";

describe("host/rollout/conclude: the last words", () => {
  const clock = { now: () => new Date(0), elapsed: () => 0, pause: () => Promise.resolve() };
  const sentence = (doubt: string | undefined): string =>
    servesSentence({ instance: "shop-prod", release: "r2", manifest: manifest(), course: { ...newCourse({ clock }), doubt } });

  it("say that the public name could not confirm it", () => {
    const { version } = manifest().provenance;
    assert.equal(sentence(undefined), `shop-prod serves r2 (version ${version})`);
    assert.equal(
      sentence("status 503, before the switch too"),
      `shop-prod serves r2 (version ${version}), not confirmed through the public name (status 503, before the switch too)`,
    );
  });

  it("say after a rollback, and only then, how to go forward", () => {
    assert.equal(onwards({ request: "rollout", manifest: manifest() }), "");
    assert.equal(
      onwards({ request: "rollback", manifest: manifest() }),
      "; Pulumi does not know of it: to go forward promote another build, or raise apps.shop.epoch for the same one",
    );
  });
});
