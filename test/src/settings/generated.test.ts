import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { ServiceTerrace, VolumeTerrace } from "../../../components/app/composeFile.ts";
import { AppFile } from "../../../components/app/appFile.ts";
import { SecretsFile } from "../../../src/secrets/secretsFile.ts";
import { generatedFiles } from "../../../src/settings/generated.ts";
import { ImageDigests } from "../../../src/settings/imageDigests.ts";
import { nodeAt, type SchemaNode, schemaNode } from "../../../components/shared/schemaNode.ts";
import { StackSettings } from "../../../src/settings/schema.ts";
import { checkoutRoot, stackNames } from "../../../src/settings/stackFile.ts";

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0];

/** What nodes refer to: a part of a schema is no schema without it. */
function definitions(root: SchemaNode): object {
  return "$defs" in root ? { $defs: root.$defs } : {};
}

describe("files made from the schemas", () => {
  for (const [path, content] of Object.entries(generatedFiles())) {
    it(`${path} is fresh`, () => {
      assert.equal(readFileSync(join(checkoutRoot, path), "utf8"), content, 'run "npm run settings" and commit it');
    });
  }
});

describe("the page of settings", () => {
  const page = readFileSync(join(checkoutRoot, "docs/settings.md"), "utf8");
  const section = page.slice(page.indexOf("## `apps/<app>/compose.yaml`"), page.indexOf("## `apps/<app>/app.yaml`"));
  for (const word of ["role", "update", "overlap", ...ServiceTerrace.shape.role.options])
    it(`says in a table what ${word} means in a compose file`, () => assert.match(section, new RegExp(`^\\| \`${word}\` \\|.{20}`, "m")));
});

/** Every key that people write, with where it stands. */
function* keys(node: SchemaNode, path: string): Iterable<readonly [string, SchemaNode]> {
  for (const [key, property] of Object.entries(node.properties ?? {})) {
    yield [`${path}${key}`, property];
    yield* keys(property, `${path}${key}.`);
  }
  if (node.items !== undefined) yield* keys(node.items, `${path}[].`);
  if (typeof node.additionalProperties === "object") yield* keys(node.additionalProperties, `${path}<>.`);
  for (const alternative of node.anyOf ?? node.oneOf ?? []) yield* keys(alternative, path);
}

/** Mappings whose own keys say it all, and the word that chooses between alternatives. */
function explainsItself(path: string, node: SchemaNode): boolean {
  return (
    /(?:^|\.)kind$/.test(path) ||
    node.properties !== undefined ||
    node.items?.properties !== undefined ||
    node.additionalProperties !== undefined ||
    (node.anyOf ?? node.oneOf ?? []).some((one) => one.properties !== undefined)
  );
}

describe("every setting", () => {
  for (const [name, schema] of Object.entries({
    stack: StackSettings,
    app: AppFile,
    secrets: SecretsFile,
    digests: ImageDigests,
    "compose (services)": ServiceTerrace,
    "compose (volumes)": VolumeTerrace,
  })) {
    it(`of the ${name} file says what it means`, () => {
      const silent = [...keys(schemaNode(schema), "")].filter(
        ([path, node]) => node.description === undefined && !/(?:^|\.)kind$/.test(path),
      );
      assert.deepEqual(
        silent.map(([path]) => path),
        [],
      );
    });

    it(`of the ${name} file has an example, and the example is right`, () => {
      const root = schemaNode(schema);
      for (const [path, node] of keys(root, "")) {
        if (path === "registry.authority" || explainsItself(path, node)) continue;
        const [example] = node.examples ?? [];
        assert.notEqual(example, undefined, `${path} has no example`);
        const { error } = z.fromJSONSchema({ ...node, ...definitions(root) } as JsonSchema).safeParse(example);
        assert.equal(error, undefined, `${path}: ${JSON.stringify(example)}`);
      }
    });
  }
});

describe("the editor's schema", () => {
  const editor = z.fromJSONSchema(JSON.parse(readFileSync(join(checkoutRoot, "docs/schema/stack.json"), "utf8")) as JsonSchema);

  for (const stack of stackNames()) {
    const text = readFileSync(join(checkoutRoot, `Pulumi.${stack}.yaml`), "utf8");
    it(`is named in line 1 of Pulumi.${stack}.yaml, and has nothing against it`, () => {
      assert.equal(text.split("\n")[0], "# yaml-language-server: $schema=docs/schema/stack.json");
      assert.equal(editor.safeParse(parse(text)).error, undefined);
    });
  }

  it("has something against a key that is misspelt", () => {
    const text = readFileSync(join(checkoutRoot, "Pulumi.staging.yaml"), "utf8").replace("zoneName", "zonename");
    assert.notEqual(editor.safeParse(parse(text)).error, undefined);
  });
});

describe("the place of a value in its schema", () => {
  const root = schemaNode(StackSettings);
  it("is found through lists, maps and alternatives", () => {
    const value = { platform: { mode: "own" }, apps: { shop: { routes: [{ port: 1 }] } } };
    assert.equal(nodeAt(root, ["apps", "shop", "routes", 0, "port"], value)?.maximum, 65_535);
    assert.equal(nodeAt(root, ["platform", "maintenance"], value)?.default, false);
    assert.equal(nodeAt(root, ["nowhere", 7, "at all"], value), undefined);
  });
});
