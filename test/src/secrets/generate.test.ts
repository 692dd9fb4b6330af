import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { generateSecrets } from "../../../src/secrets/generate.ts";
import { memoryStore } from "../../../src/secrets/memory.ts";
import type { SecretStore } from "../../../src/secrets/source.ts";
import { programVariables } from "../../../src/secrets/programVariables.ts";
import { type Requirement, requirementsOf } from "../../../src/secrets/requirement.ts";
import { checkoutRoot, readDeclaredStackFile, stackNames } from "../../../src/settings/stackFile.ts";

const text = { kind: "text", minimumLength: 1, literal: false } as const;
const requirement = (name: string, generate?: Requirement["generate"]): Requirement => ({
  folder: "/",
  name,
  neededBy: "the program",
  validate: text,
  optional: false,
  ...(generate === undefined ? {} : { generate }),
});

describe("generating secrets", () => {
  const requirements = [
    requirement("B", { kind: "hex", bytes: 16 }),
    requirement("A", { kind: "password", length: 20 }),
    requirement("BY_HAND"),
    requirement("A", { kind: "password", length: 20 }),
  ];

  it("makes what can be made and is not there, and nothing else", async () => {
    const store = memoryStore({ "/": { B: "mine" } });
    assert.deepEqual(await generateSecrets(requirements, store), { written: ["/A"], kept: ["/B"] });
    const values = (await store.read(["/"])).get("/");
    assert.equal(values?.get("B"), "mine");
    assert.match(values.get("A") ?? "", /^[A-Za-z0-9]{20}$/);
    assert.equal(values.has("BY_HAND"), false);
  });

  it("takes the template's place holders for nothing", async () => {
    const store = memoryStore({ "/": { A: "<generate>", B: "<fill-in>" } });
    assert.deepEqual((await generateSecrets(requirements, store)).written, ["/A", "/B"]);
  });

  it("asks the store to write only what is not there", async () => {
    const asked: string[] = [];
    const inner = memoryStore({ "/": { B: "mine" } });
    const store: SecretStore = { ...inner, put: (folder, name, value) => (asked.push(name), inner.put(folder, name, value)) };
    await generateSecrets(requirements, store);
    assert.deepEqual(asked, ["A"]);
  });

  it("changes nothing the second time", async () => {
    const store = memoryStore({});
    await generateSecrets(requirements, store);
    const before = await store.read(["/"]);
    assert.deepEqual(await generateSecrets(requirements, store), { written: [], kept: ["/A", "/B"] });
    assert.deepEqual(await store.read(["/"]), before);
  });
});

describe("the template of an environment's variables", () => {
  const lines = readFileSync(join(checkoutRoot, "secrets/.env.example"), "utf8").split("\n");
  const template = new Map(
    lines.flatMap((line) => (/^[A-Z]/.test(line) ? [[line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const] : [])),
  );
  const app = Object.entries(readDeclaredStackFile("staging").apps["truealpha"]?.files.secrets.variables ?? {});
  const declared = new Map(
    [...Object.entries(programVariables), ...app].map(([name, declaration]) => [
      name,
      "generate" in declaration && declaration.generate !== undefined,
    ]),
  );

  it("has exactly the 81 that the program and truealpha read", () => {
    assert.equal(template.size, 81);
    assert.deepEqual([...template.keys()].sort(), [...declared.keys()].sort());
  });

  it("marks exactly those that can be generated", () => {
    for (const [name, value] of template) assert.equal(value === "<generate>", declared.get(name), name);
  });

  for (const stack of stackNames()) {
    it(`is what ${stack} needs, host address and key included`, () => {
      const names = requirementsOf(readDeclaredStackFile(stack)).map(({ name }) => name);
      assert.deepEqual(names.sort(), [...template.keys()].sort());
    });
  }
});
