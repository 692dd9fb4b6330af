import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { promote } from "../../../cli/promoteCommand.ts";
import { planApps } from "../../../src/plannedApp.ts";
import { checkoutRoot, readStackFile } from "../../../src/settings/stackFile.ts";
import { outputOf } from "../../cli/output.ts";
import { goodAppFiles, goodSettings, makeCheckout, messageOf, stackFile } from "../settings/checkout.ts";

const page = readFileSync(join(checkoutRoot, "docs/own-servers.md"), "utf8");
const section = /## An app of your own\n([\s\S]*?)(?=\n## |$)/.exec(page)?.[1] ?? assert.fail("docs/own-servers.md has no such section");

/** Files that the page shows, by path: the name in code before a fenced block. Digests are left out there. */
const files = Object.fromEntries(
  [...section.matchAll(/^`([A-Za-z/.-]+)`: (?:(?!```)[\s\S])*?```(?:yaml|json)\n([\s\S]*?)```/gm)].map(([, path = "", text = ""]) => [
    path,
    text.replaceAll("sha256:…", `sha256:${"c".repeat(64)}`),
  ]),
);

describe("the app of one's own in docs/own-servers.md", () => {
  it("is shown whole", () =>
    assert.deepEqual(Object.keys(files), [
      "apps/hello/compose.yaml",
      "apps/hello/app.yaml",
      "apps/hello/secrets.yaml",
      "Pulumi.staging.yaml",
      "image-digests.json",
    ]));

  it("lacks nothing but its images, is promoted by the command on the page, and can then be planned", async () => {
    const { "Pulumi.staging.yaml": additions = "", ...others } = files;
    const { config } = parse(additions) as { config: { "terrace:edge": { records: object[] }; "terrace:apps": { hello: object } } };
    const { edge, apps } = goodSettings;
    const settings = {
      ...goodSettings,
      edge: { ...edge, records: [...edge.records, ...config["terrace:edge"].records] },
      apps: { ...apps, ...config["terrace:apps"] },
    };
    const root = makeCheckout({ ...goodAppFiles, ...others, "Pulumi.staging.yaml": stackFile(settings) });
    const command = "npm run promote -- staging --app hello --digests image-digests.json";
    assert.ok(section.includes(`\n${command}\n`), section);
    assert.equal(
      messageOf(() => readStackFile("staging", root)),
      `Pulumi.staging.yaml: 1 fault\n  apps.hello.images: is missing; run "${command}"`,
    );
    const digests = join(root, "image-digests.json");
    writeFileSync(digests, files["image-digests.json"] ?? "");
    await outputOf(() => promote("staging", { app: ["hello"], digests, requestedBy: "alice", run: "local" }, root));
    const hello = planApps(readStackFile("staging", root)).find(({ name }) => name === "hello");
    assert.deepEqual(hello?.plan.release.services, {
      web: { role: "web", waitFor: [], secrets: { env: ["SESSION_SECRET"], file: [] }, update: "overlap" },
    });
    assert.equal(hello.plan.release.runtime.document.services["web"]?.image, `ghcr.io/example/hello:1.0.0@sha256:${"c".repeat(64)}`);
  });
});
