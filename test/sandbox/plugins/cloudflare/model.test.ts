import assert from "node:assert/strict";
import { completed, seen } from "../../../../sandbox/plugins/cloudflare/model/answer.ts";
import { changedBody, wholeBody } from "../../../../sandbox/plugins/cloudflare/model/body.ts";
import { difference } from "../../../../sandbox/plugins/cloudflare/model/difference.ts";
import { inputsOf, refreshedInputs } from "../../../../sandbox/plugins/cloudflare/model/inputs.ts";
import { plan } from "../../../../sandbox/plugins/cloudflare/model/plan.ts";
import { any, flag, list, map, number, object, set, text, time } from "../../../../sandbox/plugins/cloudflare/model/schema.ts";
import type { Attributes } from "../../../../sandbox/plugins/cloudflare/model/schema.ts";
import { pathOf, unknownValue } from "../../../../sandbox/plugins/cloudflare/model/value.ts";
import type { Fields } from "../../../../sandbox/plugins/cloudflare/model/value.ts";

const attributes: Attributes = {
  id: text("computed", { stays: true }),
  zoneId: text("required", { inUrl: true, replaces: true }),
  displayName: text("required"),
  note: text("optional"),
  proxied: flag("computedOptional", { initial: false }),
  labels: set("computedOptional", text("required")),
  rules: list(
    "optional",
    object("required", {
      id: text("computed"),
      action: text("required"),
      enabled: flag("computedOptional", { initial: true }),
      words: list("optional", text("required")),
    }),
  ),
  headers: map("optional", object("required", { value: text("optional") })),
  value: any("optional"),
  createdOn: time("computed"),
};

const inputs: Fields = { zoneId: "z", displayName: "a" };
const state: Fields = {
  id: "1",
  zoneId: "z",
  displayName: "a",
  note: null,
  proxied: false,
  labels: [],
  rules: null,
  headers: null,
  value: null,
  createdOn: "2026-01-01T00:00:00Z",
};

describe("sandbox/plugins/cloudflare/model: plan", () => {
  it("makes defaults known and leaves the rest to the API when there is nothing yet", () => {
    assert.deepEqual(plan(attributes, null, inputs), {
      id: unknownValue,
      zoneId: "z",
      displayName: "a",
      note: null,
      proxied: false,
      labels: unknownValue,
      rules: null,
      headers: null,
      value: null,
      createdOn: unknownValue,
    });
  });

  it("is the state itself when nothing changes", () => {
    assert.deepEqual(plan(attributes, state, inputs), state);
  });

  it("makes computed values unknown when anything changes, except what stays", () => {
    const planned = plan(attributes, state, { ...inputs, note: "n" });
    assert.equal(planned["id"], "1");
    assert.equal(planned["note"], "n");
    assert.equal(planned["createdOn"], unknownValue);
  });

  it("takes items by their place and fills in their defaults", () => {
    const before = { ...state, rules: [{ id: "r1", action: "block", enabled: false, words: null }] };
    const same = plan(attributes, before, { ...inputs, rules: [{ action: "block", enabled: false }] });
    assert.deepEqual(same["rules"], before.rules);
    const changed = plan(attributes, before, { ...inputs, rules: [{ action: "block" }, { action: "log" }] });
    assert.deepEqual(changed["rules"], [
      { id: unknownValue, action: "block", enabled: true, words: null },
      { id: unknownValue, action: "log", enabled: true, words: null },
    ]);
  });

  it("does not see another order of a set", () => {
    const before = { ...state, labels: ["b", "a"] };
    assert.deepEqual(plan(attributes, before, { ...inputs, labels: ["a", "b"] }), before);
    assert.deepEqual(plan(attributes, before, { ...inputs, labels: ["a", "a"] })["labels"], ["a", "a"]);
  });
});

describe("sandbox/plugins/cloudflare/model: difference", () => {
  const cases: readonly (readonly [string, Fields, Readonly<Record<string, string>>, readonly string[]])[] = [
    ["nothing", {}, {}, []],
    ["a leaf", { displayName: "b" }, { displayName: "update" }, []],
    ["a leaf that replaces", { zoneId: "y" }, { zoneId: "update!" }, ["zoneId"]],
    ["one that replaces and is not known", { zoneId: unknownValue }, { zoneId: "update!" }, ["zoneId"]],
    ["an added object as a whole", { headers: { "X-A": { value: "1" } } }, { headers: "add" }, []],
    ["a leaf that goes", { createdOn: null }, { createdOn: "delete" }, []],
    ["a computed value that becomes unknown", { createdOn: unknownValue }, { createdOn: "update" }, []],
  ];
  for (const [what, change, details, replaces] of cases) {
    it(`shows ${what}`, () => {
      const found = difference(attributes, state, { ...state, ...change });
      const short = Object.entries(found.details).map(([path, detail]) => [path, `${detail.kind}${detail.replaces ? "!" : ""}`]);
      assert.deepEqual(Object.fromEntries(short), details);
      assert.deepEqual(found.replaces, replaces);
    });
  }

  it("goes into lists of objects by place, into maps by name and into lists of leaves by the shortest edit", () => {
    const before = {
      ...state,
      rules: [{ id: "1", action: "a", words: ["x", "y", "z"] }, { action: "b" }],
      headers: { "X-A": { value: "1" }, b: { value: "2" } },
    };
    const after = { ...state, rules: [{ id: "1", action: "c", words: ["x", "q", "z", "w"] }], headers: { "X-A": { value: "2" }, c: {} } };
    const { details } = difference(attributes, before, after);
    assert.deepEqual(Object.fromEntries(Object.entries(details).map(([path, { kind }]) => [path, kind])), {
      "rules[0].action": "update",
      "rules[0].words[1]": "update",
      "rules[0].words[3]": "add",
      "rules[1]": "delete",
      'headers["X-A"].value': "update",
      "headers.b": "delete",
      "headers.c": "add",
    });
  });

  it("writes paths as Pulumi does", () => {
    assert.equal(pathOf("", "rules"), "rules");
    assert.equal(pathOf("rules", 0), "rules[0]");
    assert.equal(pathOf("headers", "X-A"), 'headers["X-A"]');
  });
});

describe("sandbox/plugins/cloudflare/model: bodies", () => {
  it("holds what the program gives, by the API's names in their order, and nothing of the API's", () => {
    const body = wholeBody(attributes, { ...state, labels: unknownValue, rules: [{ id: "1", action: "a", enabled: true, words: null }] });
    assert.equal(JSON.stringify(body), '{"display_name":"a","proxied":false,"rules":[{"action":"a","enabled":true}]}');
  });

  it("says null for what the state has and the plan has not, but not inside lists", () => {
    const before = { ...state, note: "n", rules: [{ action: "a", enabled: true, words: ["w"] }] };
    const body = wholeBody(attributes, { ...before, note: null, rules: [{ action: "a", enabled: true, words: null }] }, before);
    assert.deepEqual(body, { display_name: "a", labels: [], note: null, proxied: false, rules: [{ action: "a", enabled: true }] });
  });

  it("patches only what changed, and inside a free value only the names that changed", () => {
    const before = { ...state, value: { inner: { on: true, age: 1 }, gone: 1, list: [1] } };
    const after = { ...state, value: { inner: { on: true, age: 2 }, list: [1, 2] } };
    assert.deepEqual(changedBody(attributes, after, before), { value: { inner: { age: 2 }, gone: null, list: [1, 2] } });
  });

  it("refuses to send what is not known", () => {
    assert.throws(() => wholeBody(attributes, { ...state, value: { deep: unknownValue } }), /not known yet cannot be sent/);
  });
});

describe("sandbox/plugins/cloudflare/model: answers", () => {
  const answer = {
    id: "7",
    display_name: "A",
    note: "from the API",
    proxied: true,
    labels: ["l"],
    rules: [{ id: "r", action: "A", enabled: false, words: ["W"], surplus: 1 }],
    created_on: "2026-02-03T04:05:06.789012Z",
    surplus: true,
  };

  it("completes a plan with what was left to the API and nothing else", () => {
    const planned = plan(attributes, null, { ...inputs, rules: [{ action: "a" }] });
    assert.deepEqual(completed(attributes, planned, answer), {
      ...state,
      id: "7",
      labels: ["l"],
      rules: [{ id: "r", action: "a", enabled: true, words: null }],
      createdOn: "2026-02-03T04:05:06Z",
    });
  });

  it("sees everything on a refresh, except what is only in the URL", () => {
    assert.deepEqual(seen(attributes, state, answer), {
      id: "7",
      zoneId: "z",
      displayName: "A",
      note: "from the API",
      proxied: true,
      labels: ["l"],
      rules: [{ id: "r", action: "A", enabled: false, words: ["W"] }],
      headers: null,
      value: null,
      createdOn: "2026-02-03T04:05:06Z",
    });
  });

  it("keeps what it had where the answer has another type, and reads numbers in strings", () => {
    const table: Attributes = { seconds: number("computed"), name: text("computed") };
    assert.deepEqual(seen(table, { seconds: 5, name: "n" }, { seconds: false, name: 3 }), { seconds: 5, name: "n" });
    assert.deepEqual(seen(table, {}, { seconds: "12.5" }), { seconds: 12.5, name: null });
  });
});

describe("sandbox/plugins/cloudflare/model: inputs of what was found", () => {
  const found: Fields = {
    ...state,
    note: "n",
    rules: [
      { id: "r", action: "a", enabled: true, words: null },
      { id: "s", action: "b", enabled: true, words: null },
    ],
  };

  it("imports everything that a program may say", () => {
    assert.deepEqual(inputsOf(attributes, found), {
      zoneId: "z",
      displayName: "a",
      note: "n",
      proxied: false,
      labels: [],
      rules: [
        { action: "a", enabled: true },
        { action: "b", enabled: true },
      ],
    });
  });

  it("refreshes only what the program said, and shows items that somebody added", () => {
    assert.deepEqual(refreshedInputs(attributes, { zoneId: "z", displayName: "old", rules: [{ action: "x" }] }, found), {
      zoneId: "z",
      displayName: "a",
      rules: [{ action: "a" }, { action: "b", enabled: true }],
    });
  });
});
