import assert from "node:assert/strict";
import { planData } from "../../../host/data/dataPlan.ts";
import { withHeldStartPeriods } from "../../../host/data/heldStartPeriods.ts";
import { composeText } from "../../../host/release/composeFile.ts";
import { request } from "./dataPlan.test.ts";

/** A document as the host writes it, with a start period and one more change. */
function document(period: string, change: { readonly command?: string[]; readonly secrets?: string } = {}) {
  const copy = structuredClone(request);
  if (change.secrets !== undefined) copy.secrets = change.secrets;
  for (const service of Object.values(copy.document?.services ?? {})) {
    if (service.healthcheck !== undefined) service.healthcheck.start_period = period;
    if (change.command !== undefined) service.command = change.command;
  }
  const planned = planData(copy);
  assert.ok(planned.kind === "ready" && planned.plan.document !== null);
  return planned.plan.document;
}

const periods = (written: Readonly<Record<string, unknown>> | null): unknown =>
  Object.values((written as { services: Record<string, { healthcheck: { start_period: string } }> }).services).map(
    ({ healthcheck }) => healthcheck.start_period,
  );

const all = new Set(["postgres", "redis"]);
const before = composeText(document("60s"));

describe("a start period alone", () => {
  it("makes no healthy stateful service anew: its document stays, to the letter", () =>
    assert.equal(composeText(withHeldStartPeriods(document("600s"), before, all)), before));

  for (const [what, wanted, previous, healthy, expected] of [
    [
      "is what the request says for a service that is not healthy: it may want just that",
      document("600s"),
      before,
      new Set(["redis"]),
      ["600s", "60s"],
    ],
    ["changes with anything else of the service", document("600s", { command: ["serve"] }), before, all, ["600s", "600s"]],
    ["changes with other secrets", document("600s", { secrets: "e".repeat(64) }), before, all, ["600s", "600s"]],
    ["is what the request says where nothing ran before", document("600s"), undefined, all, ["600s", "600s"]],
    ["is what the request says beside a file that somebody broke", document("600s"), "services: [", all, ["600s", "600s"]],
    ["is what the request says beside a file of something else", document("600s"), "7", all, ["600s", "600s"]],
  ] as const) {
    it(what, () => assert.deepEqual(periods(withHeldStartPeriods(wanted, previous, healthy)), expected));
  }
});
