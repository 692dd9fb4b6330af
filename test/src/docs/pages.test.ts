import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { checkoutRoot } from "../../../src/settings/stackFile.ts";

const read = (name: string): string => readFileSync(join(checkoutRoot, name), "utf8");
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(checkoutRoot, "docs")).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])),
];
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

describe("pages for people", () => {
  for (const page of pages) {
    it(`${page} names only commands that exist`, () => {
      const named = [...read(page).matchAll(/npm run ([a-z]+)/g)].map(([, name = ""]) => name);
      assert.deepEqual(
        named.filter((name) => !Object.hasOwn(scripts, name)),
        [],
      );
    });

    it(`${page} shows only YAML and JSON that can be read`, () => {
      for (const [, text = ""] of read(page).matchAll(/```(?:yaml|json)\n([\s\S]*?)```/g))
        assert.doesNotThrow(() => void parse(text), text);
    });
  }
});

interface Workflow {
  readonly jobs: Record<string, { readonly steps: readonly { readonly run?: string; readonly uses?: string }[] }>;
}

describe("docs/own-servers.md", () => {
  const page = read("docs/own-servers.md");
  const before = (first: string, second: string): void => {
    assert.ok(page.includes(first) && page.includes(second), `${first}, ${second}`);
    assert.ok(page.indexOf(first) < page.indexOf(second), `${first} must come before ${second}`);
  };

  it("installs packages before the first preview", () => before("\nnpm ci ", "\npulumi preview --stack staging\n"));

  it("shows a workflow whose every job has packages and Node 24 before Pulumi starts the program", () => {
    const text = /```yaml\n(# \.github\/workflows[\s\S]*?)```/.exec(page)?.[1] ?? assert.fail("no workflow");
    for (const [name, { steps }] of Object.entries((parse(text) as Workflow).jobs))
      assert.deepEqual(
        steps.map(({ run, uses }) => run ?? uses?.split("@")[0]),
        ["actions/checkout", "actions/setup-node", "npm ci", "pulumi/actions"],
        name,
      );
  });

  it("has a line for every line of the sandbox that is to be changed", () => {
    const table = page.slice(page.indexOf("## 3. The stack files"), page.indexOf("## 4. The images"));
    for (const line of [
      "encryptionsalt",
      "`terrace:registry` `address`",
      "`image:` in `apps/truealpha/compose.yaml`",
      "`terrace:edge` `zoneName`",
    ])
      assert.ok(table.includes(line), line);
  });
});
