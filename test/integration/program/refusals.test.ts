import assert from "node:assert/strict";
import { sshLogins } from "../../../sandbox/index.ts";
import { generateSshKey, publicKeyOf } from "../../../src/secrets/sshKey.ts";
import { type Pulumi, pulumiIn, type PulumiRun } from "../support/pulumi.ts";
import { hasten, publicRelease, publish, runningDigest } from "../support/release.ts";
import { storeValues } from "../support/storeValues.ts";
import { world, type World } from "../support/world.ts";

const host = "api.staging.truealpha.test";
const stackFile = "Pulumi.staging.yaml";

/** One mistake in each schema, the file it is in, and what `pulumi preview` says of it. */
const mistakes: readonly (readonly [string, string | RegExp, string, string])[] = [
  [
    stackFile,
    "    name: staging\n",
    "    name: Staging 1\n",
    'host.name: must be lower case letters, digits and hyphens, beginning with a letter, got "Staging 1"',
  ],
  [
    stackFile,
    "    address: registry.terrace.test",
    "    address: https://registry.terrace.test",
    "registry.address: must be a host name with or without port",
  ],
  [stackFile, "    mode: own\n", "    mode: own\n    epoch: 1.5\n", "platform.epoch: must be a whole number, got 1.5"],
  [
    stackFile,
    "  terrace:registry:",
    "  terrace:secretStore: { path: shop }\n\n  terrace:registry:",
    'secretStore.path: must be a folder such as "/" or "/truealpha"',
  ],
  [
    stackFile,
    "name: flower.staging.truealpha.test, type: A",
    "name: flower.staging.truealpha.test, type: MX",
    'edge.records[1].type: must be "A" or "AAAA" or "CNAME", got "MX"',
  ],
  [
    stackFile,
    "  terrace:apps:",
    "  terrace:data: { healthTimeoutSeconds: long }\n\n  terrace:apps:",
    'data.healthTimeoutSeconds: must be a whole number, got "long"',
  ],
  [stackFile, "service: flower, port: 5555", "service: flower, port: 0", "apps.truealpha.routes[1].port: must be from 1 to 65535, got 0"],
  [
    "apps/truealpha/app.yaml",
    /^smoke:\n/m,
    "smok: []\nsmoke:\n",
    'apps/truealpha/app.yaml: smok: is not a setting here, got []; did you mean "smoke"?',
  ],
  [
    "apps/truealpha/compose.yaml",
    "    mem_limit: 512m\n",
    "    mem_limit: 512m\n    restart: always\n",
    "apps/truealpha/compose.yaml: services.api.restart: is part of the switch",
  ],
  [
    "apps/truealpha/secrets.yaml",
    "  POSTGRES_USER: { description: Database user, services: [postgres, api, worker]",
    "  POSTGRES_USER: { description: Database user, services: [postgres, api, werker]",
    "apps/truealpha/secrets.yaml: variables.POSTGRES_USER.services[2]: must be a service of apps/truealpha/compose.yaml",
  ],
];

/** Faults that only a plan of the compose file shows, beside one of the stack file. */
const planMistakes: typeof mistakes = [
  [stackFile, "service: flower, port: 5555", "service: flower, port: 0", "apps.truealpha.routes[1].port: must be from 1 to 65535, got 0"],
  [
    "apps/truealpha/compose.yaml",
    "image: registry.terrace.test/truealpha/redis",
    "image: registry.terrace.test/truealpha/reddis",
    'apps/truealpha/compose.yaml: services.redis.image: names the repository "registry.terrace.test/truealpha/reddis"',
  ],
  [
    "apps/truealpha/compose.yaml",
    "      DRAIN_SECONDS: 20\n",
    "      DRAIN_SECONDS: ${DRAIN}\n",
    "apps/truealpha/compose.yaml: services.api.environment.DRAIN_SECONDS: holds ${DRAIN}, which Compose would fill in",
  ],
  [
    "apps/truealpha/compose.yaml",
    "      neo4j: { condition: service_healthy }\n",
    "      neo5j: { condition: service_healthy }\n",
    'apps/truealpha/compose.yaml: services.api.depends_on: no such service: "neo5j"',
  ],
];

describe("what is refused", () => {
  let here: World;
  let pulumi: Pulumi;

  /** Runs with files changed, and puts them back whatever happens. */
  const withChanges = async (
    changes: readonly (readonly [string, string | RegExp, string, ...unknown[]])[],
    work: () => Promise<void>,
  ): Promise<void> => {
    const before = new Map<string, string>();
    for (const [file] of changes) before.set(file, await here.checkout.read(file));
    try {
      for (const [file, from, to] of changes) await here.checkout.edit(file, from, () => to);
      await work();
    } finally {
      for (const [file, text] of before) await here.checkout.write(file, text);
    }
  };
  /** A person reads it: one message, without the insides of the program. */
  const assertReadable = ({ exitCode, output }: PulumiRun): void => {
    assert.notEqual(exitCode, 0);
    assert.doesNotMatch(output, /^\s+at .*[:(]\d+/m);
    assert.doesNotMatch(output, /node_modules|unhandled|UserError|\[object/i);
  };

  before(async () => {
    here = await world();
    pulumi = await here.pulumi("staging");
    await hasten(here, "staging");
    await publish(here, "v31");
    await pulumi.ok("up", "--yes", "--skip-preview");
  });

  it("a mistake in each schema: all of them in one message, each with its place and the value seen", async () => {
    await withChanges(mistakes, async () => {
      const run = await pulumi.run("preview");
      assertReadable(run);
      for (const [, , , line] of mistakes) assert.ok(run.output.includes(`  ${line}`), `${line}\nis not in\n${run.output}`);
      assert.match(run.output, new RegExp(`Pulumi.staging.yaml: ${mistakes.length} faults`));
    });
  });

  it("mistakes that only a plan shows: in the same message as those of the stack file", async () => {
    await withChanges(planMistakes, async () => {
      const run = await pulumi.run("preview");
      assertReadable(run);
      for (const [, , , line] of planMistakes) assert.ok(run.output.includes(`  ${line}`), `${line}\nis not in\n${run.output}`);
      assert.match(run.output, new RegExp(`Pulumi.staging.yaml: ${planMistakes.length} faults`));
    });
  });

  it("secrets that nobody has put in: all of them at once, with who needs them", async () => {
    const store = await storeValues(here, "staging");
    const values = await store.all();
    const names = ["SESSION_SECRET", "POSTGRES_PASSWORD", "REGISTRY_PASSWORD"];
    for (const name of names) await store.change(name, "<fill-in>");
    try {
      const run = await pulumi.run("preview");
      assertReadable(run);
      assert.match(
        run.output,
        /\/POSTGRES_PASSWORD: is missing, truealpha: postgres, api, worker needs it; run "npm run secrets -- generate staging"/,
      );
      assert.match(run.output, /\/REGISTRY_PASSWORD: is missing, the program needs it; add it to the secret store/);
      assert.match(run.output, /\/SESSION_SECRET: is missing, truealpha: api needs it/);
    } finally {
      for (const name of names) await store.change(name, values[name] ?? "");
    }
    await pulumi.ok("preview", "--expect-no-changes");
  });

  it("a store that is not there, and credentials that it does not know: one sentence each", async () => {
    await here.sandbox.control("infisical", "drop");
    const unreachable = await pulumi.run("preview").finally(() => here.sandbox.control("infisical", "restore"));
    assertReadable(unreachable);
    assert.match(
      unreachable.output,
      /secret store: https:\/\/infisical\.terrace\.test cannot be reached: .*; check INFISICAL_SITE_URL, the network and the server; nothing was changed anywhere/,
    );

    const wrong = pulumiIn(here.checkout.directory, { ...(await here.environment("staging")), INFISICAL_CLIENT_SECRET: "wrong" });
    const refused = await wrong.run("preview");
    assertReadable(refused);
    assert.match(
      refused.output,
      /secret store: https:\/\/infisical\.terrace\.test refuses the credentials \(status 401.*\); compare INFISICAL_CLIENT_ID and INFISICAL_CLIENT_SECRET/,
    );
  });

  it("a server with another host key: no login, and the old release serves", async () => {
    const server = here.sandbox.server("staging");
    const before = { release: await publicRelease(here, host), logins: (await sshLogins(server)).length };
    const hostKey = publicKeyOf(generateSshKey("another"));
    await withChanges([[stackFile, "    name: staging\n", `    name: staging\n    hostKey: ${hostKey}\n`]], async () => {
      const run = await pulumi.run("up", "--yes", "--skip-preview");
      assert.notEqual(run.exitCode, 0);
      assert.match(run.output, /host key mismatch/);
      assert.doesNotMatch(run.output, /==> /);
    });
    assert.deepEqual({ release: await publicRelease(here, host), logins: (await sshLogins(server)).length }, before);
    await pulumi.ok("preview", "--expect-no-changes");
  });

  describe("while the registry is down", () => {
    let digests: string;

    before(async () => {
      digests = await here.checkout.read("image-digests.json");
      // Pushed and written down, and not yet on the server.
      await publish(here, "v32");
      await here.sandbox.control("registry", "outage");
    });
    after(() => here.sandbox.control("registry", "restore"));

    it("a preview warns, once, and succeeds", async () => {
      const { output } = await pulumi.ok("preview");
      // In the list at the end; while it runs the same stands in the stack's own line.
      assert.equal(output.match(/^ {4}warning: /gm)?.length, 1, output);
      assert.match(
        output,
        /warning: the registry registry\.terrace\.test could not be asked: it refuses connections; a host that holds the images already needs no registry, so this is only a warning \(apps\.truealpha\.images: api, beat, flower, neo4j, postgres, redis, worker; platform\.ingress: image\)/,
      );
    });

    it("an image that the server does not have is not rolled out: aborted, with its own reason, and the old release serves", async () => {
      const before = { release: await publicRelease(here, host), digest: await runningDigest(here, "staging", "api") };
      const run = await pulumi.run("up", "--yes", "--skip-preview");
      assert.notEqual(run.exitCode, 0);
      assert.match(run.output, /terrace: aborted \(registry_unreachable\): .*; now serving sha-/);
      assert.match(run.output, /Process exited with status 20/);
      assert.doesNotMatch(run.output, /==> start/);
      assert.deepEqual({ release: await publicRelease(here, host), digest: await runningDigest(here, "staging", "api") }, before);
    });

    it("a release of images that the server has is rolled out", async () => {
      const before = await publicRelease(here, host);
      await here.checkout.write("image-digests.json", digests);
      await here.checkout.edit(stackFile, 'TRUEALPHA_DEMO: "1"', 'TRUEALPHA_DEMO: "1", WITHOUT_REGISTRY: "yes"');
      const { output } = await pulumi.ok("up", "--yes", "--skip-preview");
      assert.match(output, /deployed/);
      assert.notEqual(await publicRelease(here, host), before);
      await here.checkout.edit(stackFile, ', WITHOUT_REGISTRY: "yes"', "");
    });
  });
});
