import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { promote, type PromoteOptions } from "../../cli/promoteCommand.ts";
import { requestedBy, runOf } from "../../cli/requester.ts";
import { readStackFile } from "../../src/settings/stackFile.ts";
import { outputOf } from "./output.ts";
import { goodAppFiles, goodSettings, makeCheckout, messageOf, reference, stackFile } from "../src/settings/checkout.ts";

/** Another build of the same repository. */
const newer = (name: string): string => reference(name).replace(/[0-9a-f]{64}$/, "b".repeat(64));
const build = {
  commit: "fedcba9876543210",
  time: "2026-11-21T10:00:00Z",
  images: { web: newer("web"), database: newer("database"), unused: reference("x") },
};

function checkout(digests: unknown = { shop: build }): string {
  const prod = {
    ...goodSettings,
    environment: "prod",
    apps: { shop: { ...goodSettings.apps.shop, images: "fromBuild", release: undefined } },
  };
  const root = makeCheckout({ "Pulumi.staging.yaml": stackFile(goodSettings), "Pulumi.prod.yaml": stackFile(prod), ...goodAppFiles });
  writeFileSync(join(root, "digests.json"), JSON.stringify(digests));
  return root;
}

const output = (stack: string, options: PromoteOptions, root: string): Promise<string> => outputOf(() => promote(stack, options, root));

const sayWhereFrom =
  'promote: say where from, --from <stack> or --digests <file>, and only one of them; for example "npm run promote -- staging --digests image-digests.json"';

const who = { requestedBy: "alice@example.com", run: "run-7" };

describe("promote", () => {
  it("writes the images of a build and where they came from", async () => {
    const root = checkout();
    const said = await output("staging", { ...who, digests: join(root, "digests.json") }, root);
    const app = readStackFile("staging", root).apps["shop"];
    assert.deepEqual(app?.images, { web: newer("web"), database: newer("database") });
    assert.deepEqual(app.release, { version: "fedcba987654", commit: "fedcba9876543210", ...who });
    assert.equal(
      said,
      `┌──────┬──────────┬────────────────────┬────────────────────┐
│ app  │ service  │ before             │ after              │
├──────┼──────────┼────────────────────┼────────────────────┤
│ shop │ web      │ 1.2.0 aaaaaaaaaaaa │ 1.2.0 bbbbbbbbbbbb │
├──────┼──────────┼────────────────────┼────────────────────┤
│ shop │ database │ 1.2.0 aaaaaaaaaaaa │ 1.2.0 bbbbbbbbbbbb │
└──────┴──────────┴────────────────────┴────────────────────┘
==> wrote Pulumi.staging.yaml; next: git diff, commit, pulumi up --stack staging
`,
    );
  });

  it("writes what another stack runs, with its version and commit", async () => {
    const root = checkout();
    await output("prod", { ...who, from: "staging" }, root);
    const app = readStackFile("prod", root).apps["shop"];
    assert.deepEqual(app?.images, goodSettings.apps.shop.images);
    assert.deepEqual(app.release, { ...goodSettings.apps.shop.release, ...who });
  });

  it("writes nothing where the images are the same, whoever asks", async () => {
    const root = checkout({ shop: { ...build, images: goodSettings.apps.shop.images } });
    const before = readFileSync(join(root, "Pulumi.staging.yaml"), "utf8");
    const said = await output("staging", { ...who, digests: join(root, "digests.json") }, root);
    assert.equal(said, "==> Pulumi.staging.yaml has these images already; nothing was written\n");
    assert.equal(readFileSync(join(root, "Pulumi.staging.yaml"), "utf8"), before);
  });

  it("writes nothing that the stack file's own check would refuse", async () => {
    const root = checkout();
    const before = readFileSync(join(root, "Pulumi.staging.yaml"), "utf8");
    const options = { requestedBy: " ".repeat(129), run: "", version: "one\ntwo", digests: join(root, "digests.json") };
    await assert.rejects(output("staging", options, root), {
      message: `promotion into staging: 3 faults
  apps.shop.release.requestedBy: must have at most 128 characters, got "${" ".repeat(76)}…; say another with --requested-by
  apps.shop.release.run: must not be empty, got ""; say another with --run
  apps.shop.release.version: must be one line without control characters, got "one\\ntwo"; say another with --version`,
    });
    assert.equal(readFileSync(join(root, "Pulumi.staging.yaml"), "utf8"), before);
  });

  // What a person has who begins with an app of their own; each of these stack files is refused with the hint to promote.
  const { images, release } = goodSettings.apps.shop;
  for (const [what, change, before] of [
    ["no images yet", { images: undefined, release: undefined }, "-"],
    ["images written by hand, and nothing that says where they came from", { images, release: undefined }, "1.2.0 aaaaaaaaaaaa"],
    ["images that are not pinned", { images: { web: "web:latest" }, release }, "web:latest"],
    ["a release and no images", { images: undefined, release }, "-"],
  ] as const) {
    it(`is a way out of ${what}`, async () => {
      const settings = { ...goodSettings, apps: { shop: { ...goodSettings.apps.shop, ...change } } };
      const root = makeCheckout({ "Pulumi.staging.yaml": stackFile(settings), ...goodAppFiles });
      assert.match(
        messageOf(() => readStackFile("staging", root)),
        /run "npm run promote -- staging --app shop --digests image-digests\.json"/,
      );
      writeFileSync(join(root, "digests.json"), JSON.stringify({ shop: { ...build, images: goodSettings.apps.shop.images } }));
      const said = await output("staging", { ...who, app: ["shop"], digests: join(root, "digests.json") }, root);
      assert.ok(said.includes(`│ shop │ web      │ ${before} `), said);
      const app = readStackFile("staging", root).apps["shop"];
      assert.deepEqual(app?.images, goodSettings.apps.shop.images);
      assert.deepEqual(app.release, { version: "fedcba987654", commit: build.commit, ...who });
    });
  }

  for (const [what, change, fault] of [
    [
      "no images",
      { images: undefined, release: undefined },
      'apps.shop.images: is missing: there is nothing to promote; run "npm run promote -- prod --app shop --digests image-digests.json"',
    ],
    [
      "no provenance",
      { release: undefined },
      'apps.shop.release: is missing: there is nothing to promote; run "npm run promote -- prod --app shop --digests image-digests.json"',
    ],
    [
      "an image that is not pinned",
      { images: { ...images, web: "web:latest" } },
      'apps.shop.images.web: must be pinned by digest: "registry/repository:tag@sha256:<64 hex>", got "web:latest"; run "npm run promote -- prod --app shop --digests image-digests.json"',
    ],
  ] as const) {
    it(`takes nothing from a stack with ${what}`, () => {
      const root = checkout();
      const settings = { ...goodSettings, apps: { shop: { ...goodSettings.apps.shop, ...change } } };
      writeFileSync(join(root, "Pulumi.staging.yaml"), stringify(stackFile(settings)));
      assert.equal(
        messageOf(() => promote("prod", { from: "staging" }, root)),
        `promotion into prod: 1 fault\n  Pulumi.staging.yaml: ${fault}`,
      );
    });
  }

  it("says as JSON what it wrote, and leaves no other file behind", async () => {
    const root = checkout();
    const before = readdirSync(root);
    const said = JSON.parse(
      await output("staging", { ...who, version: "2.0.0", digests: join(root, "digests.json"), json: true }, root),
    ) as unknown;
    const images = { web: newer("web"), database: newer("database") };
    assert.deepEqual(said, {
      file: "Pulumi.staging.yaml",
      changed: [{ app: "shop", images, release: { version: "2.0.0", commit: build.commit, ...who } }],
    });
    assert.deepEqual(readdirSync(root), before);
  });

  const faults: readonly (readonly [string, (root: string) => PromoteOptions, string])[] = [
    ["neither source", () => ({}), sayWhereFrom],
    ["both sources", () => ({ from: "prod", digests: "x" }), sayWhereFrom],
    [
      "no such file",
      () => ({ digests: "nowhere.json" }),
      "promote: there is no nowhere.json; CI publishes it with each build, and npm start writes it in the sandbox",
    ],
    [
      "a source that builds",
      () => ({ from: "prod" }),
      'promotion into staging: 1 fault\n  Pulumi.prod.yaml: apps.shop.images: has nothing to promote: it is "fromBuild"; run "npm run promote -- staging --app shop --digests image-digests.json"',
    ],
    [
      "apps that are not there",
      (root) => ({ app: ["a", "b"], digests: join(root, "digests.json") }),
      "promotion into staging: 2 faults\n  apps.a: is not in Pulumi.staging.yaml; choose one of: shop\n  apps.b: is not in Pulumi.staging.yaml; choose one of: shop",
    ],
    ["no such stack", () => ({ from: "dev" }), 'stack "dev": there is no Pulumi.dev.yaml; stacks here are: prod, staging'],
  ];
  for (const [what, options, message] of faults) {
    it(`${what}: ${message.split("\n").at(-1)?.trim() ?? ""}`, () => {
      const root = checkout();
      assert.equal(
        messageOf(() => promote("staging", options(root), root)),
        message,
      );
    });
  }

  it("refuses a build that lacks a service", () => {
    const root = checkout({ shop: { ...build, images: { web: newer("web") } } });
    const file = join(root, "digests.json");
    assert.equal(
      messageOf(() => promote("staging", { digests: file }, root)),
      `promotion into staging: 1 fault\n  ${file}: shop.images.database: is missing: apps/shop/compose.yaml has this service; build its image`,
    );
  });
});

describe("who asks for a promotion", () => {
  it("is CI's actor, with a link to the run", () => {
    const ci = { GITHUB_ACTOR: "bob", GITHUB_SERVER_URL: "https://github.com", GITHUB_REPOSITORY: "acme/shop", GITHUB_RUN_ID: "7" };
    assert.equal(requestedBy(ci), "bob");
    assert.equal(requestedBy({ ...ci, GITHUB_ACTOR: "" }), requestedBy({}));
    assert.equal(runOf(ci), "https://github.com/acme/shop/actions/runs/7");
    assert.equal(runOf({}), "local");
  });

  it("is somebody, also without CI", () => assert.notEqual(requestedBy({}), ""));
});

describe("npm run promote", () => {
  it("tells a person's mistake without a stack, and ends with the contract's code for it", () => {
    const entry = join(import.meta.dirname, "../../cli/promote.ts");
    try {
      execFileSync(process.execPath, [entry, "staging"], { stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
      assert.fail("it ended well");
    } catch (error) {
      const { status, stderr } = error as { status: number; stderr: string };
      assert.equal(stderr, `${sayWhereFrom}\n`);
      assert.equal(status, 50);
    }
  });
});
