import assert from "node:assert/strict";
import { slotCount, type SlotOwner } from "../../../sandbox/slot.ts";
import { chooseSlot, type SlotRecord } from "../../../sandbox/slotOwner.ts";

const me: SlotOwner = { checkout: "/home/me/terrace", purpose: "main" };
const other: SlotOwner = { checkout: "/home/other/terrace", purpose: "main" };

/** All slots free but those given. */
function records(...given: readonly Partial<SlotRecord>[]): readonly SlotRecord[] {
  return Array.from({ length: slotCount }, (_, number) => ({
    number,
    owner: undefined,
    held: false,
    abandoned: false,
    ...given.find((record) => record.number === number),
  }));
}

/** Every slot held by somebody else, but those given. */
function full(...given: readonly Partial<SlotRecord>[]): readonly SlotRecord[] {
  return records(
    ...Array.from({ length: slotCount }, (_, number) => ({
      number,
      owner: other,
      held: true,
      ...given.find((record) => record.number === number),
    })),
  );
}

/** Where the search for `me` starts. */
const preferred = ((): number => {
  const choice = chooseSlot(records(), me);
  assert.equal(choice.kind, "take");
  return choice.number;
})();
const next = (preferred + 1) % slotCount;
const far = (preferred + 5) % slotCount;

describe("choice of a slot", () => {
  const cases: readonly [string, Parameters<typeof chooseSlot>, ReturnType<typeof chooseSlot>][] = [
    ["takes one without owner", [records(), me], { kind: "take", number: preferred, from: undefined }],
    ["keeps its own, also while it runs", [records({ number: far, owner: me, held: true }), me], { kind: "own", number: far }],
    [
      "goes on to the next when the first is another's",
      [records({ number: preferred, owner: other }), me],
      { kind: "take", number: next, from: undefined },
    ],
    [
      "is another for the same checkout's tests",
      [records({ number: preferred, owner: { ...me, purpose: "test" } }), me],
      { kind: "take", number: next, from: undefined },
    ],
    [
      "takes one whose checkout is gone, even while it runs",
      [full({ number: far, abandoned: true }), me],
      { kind: "take", number: far, from: other },
    ],
    [
      "prefers a checkout that is gone to one that is only down",
      [full({ number: next, held: false }, { number: far, held: false, abandoned: true }), me],
      { kind: "take", number: far, from: other },
    ],
    [
      "takes one that is down when there is nothing else",
      [full({ number: far, held: false }), me],
      { kind: "take", number: far, from: other },
    ],
    ["takes the wanted one", [records(), me, far], { kind: "take", number: far, from: undefined }],
    [
      "takes the wanted one from an owner who is down",
      [records({ number: far, owner: other }), me, far],
      { kind: "take", number: far, from: other },
    ],
    [
      "refuses the wanted one while another runs it",
      [records({ number: far, owner: other, held: true }), me, far],
      { kind: "refused", reason: `slot ${far}: is in use by /home/other/terrace (main); choose another or leave --slot out` },
    ],
    [
      "takes the wanted one while it runs when its checkout is gone",
      [records({ number: far, owner: other, held: true, abandoned: true }), me, far],
      { kind: "take", number: far, from: other },
    ],
    [
      "does not go by a slot that it took by number besides its own",
      [records({ number: far, owner: { ...me, additional: true } }), me],
      { kind: "take", number: preferred, from: undefined },
    ],
    [
      "keeps such a slot when it asks for it by number",
      [records({ number: far, owner: { ...me, additional: true }, held: true }), me, far],
      { kind: "own", number: far },
    ],
    ["refuses a number that is none", [records(), me, 8], { kind: "refused", reason: "slot: must be a whole number from 0 to 7, got 8" }],
  ];
  for (const [what, args, expected] of cases) it(what, () => assert.deepEqual(chooseSlot(...args), expected));

  it("says who has them when all are in use", () => {
    const choice = chooseSlot(full(), me);
    assert.equal(choice.kind, "refused");
    assert.match(choice.reason, /^slots: all 8 are in use \(0: \/home\/other\/terrace \(main\), 1: /);
  });

  it("never takes one that a living checkout runs", () => {
    for (let mask = 0; mask < 2 ** slotCount; mask += 1) {
      const given = records(
        ...Array.from({ length: slotCount }, (_, number) => ({ number, owner: other, held: (mask & (1 << number)) !== 0 })),
      );
      const choice = chooseSlot(given, me);
      if (choice.kind === "refused") assert.equal(mask, 2 ** slotCount - 1);
      else assert.equal(given[choice.number]?.held, false);
    }
  });
});
