import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "yaml";
import { editStackFile } from "../../cli/stackEdit.ts";
import { messageOf } from "../src/settings/checkout.ts";

const images = { api: `registry.example.com/api:2.0@sha256:${"b".repeat(64)}`, db: `registry.example.com/db:17@sha256:${"c".repeat(64)}` };
const release = { version: "2.0", commit: "1234567", requestedBy: "alice@example.com", run: "local" };
const edit = (text: string): string => editStackFile(text, [{ app: "shop", images, release }], "Pulumi.staging.yaml");

const written = `      images:
        api: ${images.api}
        db: ${images.db}
      release:
        version: "2.0"
        commit: "1234567"
        requestedBy: "alice@example.com"
        run: "local"
`;

/** How people write the app, and what it must be afterwards; `WRITTEN` stands for what was promoted. */
const cases: readonly (readonly [string, string, string])[] = [
  ["images from the build", "      images: fromBuild\n      epoch: 1\n", "WRITTEN      epoch: 1\n"],
  [
    "images with comments around",
    "      # before\n      images:\n        api: old # inside\n        db: old\n\n      # between\n      routes: [ {a: 1} ]   # after\n",
    "      # before\nWRITTEN\n      # between\n      routes: [ {a: 1} ]   # after\n",
  ],
  [
    "a release before the images",
    "      release: {version: '1'}\n      epoch: 1\n      images: fromBuild\n",
    "RELEASE      epoch: 1\nIMAGES",
  ],
  [
    "no images yet",
    "      # public names\n      routes: []\n      epoch: 1\n",
    "WRITTEN      # public names\n      routes: []\n      epoch: 1\n",
  ],
  ["a release without images", "\n      epoch: 1 # why\n      release: {version: '1'}\n", "IMAGES\n      epoch: 1 # why\nRELEASE"],
  ["both, and the last thing of the file", "      images: {api: old}\n      release:\n        version: x\n", "WRITTEN"],
];

describe("promoting into the text of a stack file", () => {
  const [imagesBlock = "", releaseBlock = ""] = written.split(/(?=^ {6}release:)/m);
  for (const [what, before, after] of cases) {
    it(`${what}: changes nothing else`, () => {
      const around = (app: string): string =>
        `# first line\nconfig:\n  terrace:host: {name: x}   # kept\n\n  terrace:apps:\n    other:\n      images:    fromBuild\n    shop:\n${app}`;
      const expected = after.replace("WRITTEN", written).replace("IMAGES", imagesBlock).replace("RELEASE", releaseBlock);
      assert.equal(edit(around(before)), around(expected));
    });
  }

  it("a second time changes nothing at all", () => {
    const once = edit("config:\n  terrace:apps:\n    shop:\n      images: fromBuild\n");
    assert.equal(edit(once), once);
  });

  it("survives a reader of YAML 1.1, whatever version and commit look like", () => {
    const text = "config:\n  terrace:apps:\n    shop:\n      images: fromBuild\n";
    const word = fc.oneof(
      fc.constantFrom("1.10", "0777", "yes", "1e5", "12:30:45", "0x1f", "null", "~", '"', "a: b", "# x"),
      fc.string({ minLength: 1 }),
    );
    fc.assert(
      fc.property(word, word, (version, requestedBy) => {
        const edited = editStackFile(text, [{ app: "shop", images, release: { ...release, version, requestedBy } }], "f");
        for (const yamlVersion of ["1.1", "1.2"] as const) {
          const read = parse(edited, { version: yamlVersion }) as { config: { "terrace:apps": { shop: { release: typeof release } } } };
          assert.deepEqual(read.config["terrace:apps"].shop.release, { ...release, version, requestedBy });
        }
      }),
    );
  });

  it("refuses an app written in braces", () => {
    assert.equal(
      messageOf(() => edit("config:\n  terrace:apps: { shop: { images: fromBuild } }\n")),
      "Pulumi.staging.yaml: apps.shop: must be written as a block to be promoted into, one key per line; rewrite it without braces",
    );
  });
});
