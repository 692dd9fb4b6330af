import assert from "node:assert/strict";
import { reasons } from "../../../contract/index.ts";
import { usage } from "../../../host/invocation.ts";
import { verbs } from "../../../host/verbs.ts";

describe("host/verbs: remedies", () => {
  it("for an ingress that is gone do not end at the log of a container that does not exist", () => {
    assert.match(reasons.ingress_unreachable.remedy, /stopped or gone, raise `platform\.epoch`/);
  });

  it("name only verbs that there are, as a person types them", () => {
    const named = Object.values(reasons).flatMap(({ remedy }) => [...remedy.matchAll(/`terrace ([a-z-]+)/g)].map(([, verb = ""]) => verb));
    assert.ok(named.length > 0);
    for (const verb of named) {
      assert.ok(Object.hasOwn(verbs, verb), `there is no verb "${verb}"`);
      assert.ok(usage.includes(`terrace ${verb} `), `usage does not show "${verb}"`);
    }
  });
});
