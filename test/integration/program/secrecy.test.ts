import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { shell, shellOutput } from "../../../sandbox/index.ts";
import { serverLeader, shellCommand } from "../../../sandbox/serverShell.ts";
import { ask } from "../support/ask.ts";
import { type ProcessSampler, type SampledSecret, sampleProcesses } from "../support/processSampler.ts";
import { type Pulumi, pulumiIn, type PulumiRun } from "../support/pulumi.ts";
import { hasten } from "../support/release.ts";
import { type FileFinding, scanTree, serverRoot } from "../support/scannedTree.ts";
import { type Finding, type Scanner, scannerFor, type Secret } from "../support/secretScanner.ts";
import { awkwardValue, secretsOfRun } from "../support/secretsOfRun.ts";
import { storeValues } from "../support/storeValues.ts";
import { world, type World } from "../support/world.ts";

const host = "api.staging.truealpha.test";
const instance = "truealpha-staging";
const stackFile = "Pulumi.staging.yaml";
const composeFile = "apps/truealpha/compose.yaml";

/** A container that tells what it knows, in every form, and ends. `PLANTED` is no secret: what hides that hides too much. */
const talkative = `
  const { DELIVERY_CANARY: value, PLANTED: planted } = process.env;
  const file = require("node:fs").readFileSync("/run/secrets/DELIVERY_CANARY_AS_FILE", "utf8");
  for (const text of [planted, value, JSON.stringify({ value }), encodeURIComponent(value), Buffer.from(value).toString("hex")]) console.log(text);
  console.log(Buffer.from("user:" + value).toString("base64").replace(/.{76}/g, "$&\\n"));
  console.log(Buffer.from("a " + file + "!").toString("base64url"));
  process.exit(3);
`.replaceAll(/\n\s*/g, " ");

/** Folders of a server that people, backups and programs read. */
const folders = ["srv", "opt", "etc", "root", "home", "tmp", "run", "var"];
/** Docker's own record of a container holds the environment that it was started with; of a health check, for as long as it lasts, in /tmp. */
const dockersOwn = /^(?:var\/lib\/(?:docker|containerd)|run\/(?:docker|containerd)|tmp\/runc-process\d+)(?:\/|$)/;
/** Debian's packages as they came, and their lists. */
const debians = /^var\/(?:cache|lib\/(?:apt|dpkg))(?:\/|$)/;
const leftOut = (path: string): boolean => dockersOwn.test(path) || debians.test(path);

/** Places of the server where a value must be: the file that is mounted into its container, and the key that Traefik reads. */
const deliveredFile = new RegExp(`^run/terrace/secrets/${instance}/[0-9a-f]{64}/([A-Z_]+)$`);
const originKey = /^srv\/terrace\/ingress\/certificates\/staging\/origin-[0-9a-f]{16}\.key$/;

describe("secrets", () => {
  let here: World;
  let pulumi: Pulumi;
  let temporary: string;
  let secrets: readonly Secret[];
  let canaries: Readonly<Record<"DELIVERY_CANARY" | "DELIVERY_CANARY_AS_FILE", string>>;
  /** Of all secrets and of the planted copy, which shows for each place that something would be found there. */
  let scanner: Scanner;
  const plant = awkwardValue();
  const original: Record<string, string> = {};
  const previews: Record<string, PulumiRun> = {};
  let verbose: PulumiRun;
  let failing: PulumiRun;
  let running: { readonly sampled: readonly SampledSecret[]; readonly sweeps: number };

  const isPlanted = ({ secret }: { readonly secret: string }): boolean => secret === "PLANTED";
  const isSecret = ({ secret }: { readonly secret: string }): boolean => secret !== "PLANTED";
  const server = () => here.sandbox.server("staging");
  const secretsIn = (findings: readonly Finding[]): readonly string[] =>
    [...new Set(findings.filter(isSecret).map(({ secret }) => secret))].sort();
  /** The planted copy is found, and these secrets and no others. */
  const assertOnly = (text: string, expected: readonly string[] = []): void => {
    const findings = scanner.scan(text);
    assert.ok(findings.some(isPlanted), "the planted copy was not found");
    assert.deepEqual(secretsIn(findings), expected, JSON.stringify(findings.filter(isSecret)));
  };

  before(async () => {
    here = await world();
    await hasten(here, "staging");
    await here.pulumi("staging");
    temporary = await mkdtemp(join(tmpdir(), "terrace-secrecy-"));
    // What the engine and the program leave in their temporary folder is searched too.
    pulumi = pulumiIn(here.checkout.directory, { ...(await here.environment("staging")), TMPDIR: temporary });

    const store = await storeValues(here, "staging");
    canaries = { DELIVERY_CANARY: awkwardValue(), DELIVERY_CANARY_AS_FILE: awkwardValue() };
    for (const [name, value] of Object.entries(canaries)) await store.change(name, value);
    secrets = await secretsOfRun(here, store);
    const searched = [...secrets, { name: "PLANTED", value: plant }];
    scanner = scannerFor(searched);

    for (const file of [stackFile, composeFile]) original[file] = await here.checkout.read(file);
    await here.checkout.edit(stackFile, 'api: { TRUEALPHA_DEMO: "1" }', `api: { TRUEALPHA_DEMO: "1", PLANTED: ${JSON.stringify(plant)} }`);
    for (const words of [[], ["--diff"], ["--json"]]) previews[words.join(" ")] = await pulumi.ok("preview", ...words);

    const sampler = sampleProcesses(searched);
    await watchPlantedProcesses(here, sampler, plant);
    verbose = await pulumi.ok("up", "--yes", "--skip-preview", "-v=9", "--logtostderr", "--logflow");
    running = await sampler.stop();

    // The last one, so that whatever it leaves behind is there when everything is searched.
    const command = `entrypoint: ["/usr/local/bin/node", "-e", ${JSON.stringify(talkative.replaceAll("$", "$$$$"))}]`;
    await here.checkout.edit(composeFile, "image: registry.terrace.test/truealpha/api\n", (line) => `${line}    ${command}\n`);
    failing = await pulumi.run("up", "--yes", "--skip-preview");
  });

  after(async () => {
    for (const [file, text] of Object.entries(original)) await here.checkout.write(file, text);
    await rm(temporary, { recursive: true });
  });

  it("are enough to look for", () => {
    assert.ok(secrets.length > 50, `${secrets.length} secrets`);
    for (const name of ["SSH_PRIVATE_KEY", "REGISTRY_PASSWORD", "ORIGIN_PRIVATE_KEY", "POSTGRES_PASSWORD", "FINGERPRINT_KEY"])
      assert.ok(
        secrets.some((secret) => secret.name === name),
        name,
      );
  });

  for (const name of ["DELIVERY_CANARY", "DELIVERY_CANARY_AS_FILE"] as const) {
    it(`${name} arrives in the container unchanged`, async () => {
      const { status, body } = await ask(here, host, { path: `/secret-digest?name=${name}` });
      assert.equal(status, 200, body);
      assert.deepEqual(JSON.parse(body), {
        name,
        source: name === "DELIVERY_CANARY" ? "environment" : "file",
        bytes: Buffer.byteLength(canaries[name]),
        sha256: createHash("sha256").update(canaries[name]).digest("hex"),
      });
    });
  }

  for (const words of ["", "--diff", "--json"]) {
    it(`are not in what \`pulumi preview ${words}\` prints`, () => {
      const { output } = previews[words] ?? { output: "" };
      // Without a word a preview shows which resources change, and no values: there the copy is put in by hand.
      assertOnly(words === "" ? `${output.slice(0, 100)}${plant}${output.slice(100)}` : output);
    });
  }

  it("are not in the engine's log of `up -v=9`, but for what providers need to log in with", () => {
    // docs/security.md says so: what a provider itself needs passes the engine, which writes down everything that it passes on.
    assertOnly(verbose.output, ["CLOUDFLARE_API_TOKEN", "PLATFORM_SSH_PRIVATE_KEY", "REGISTRY_PASSWORD", "SSH_PRIVATE_KEY"]);
  });

  it("are not in the words and evidence of an `up` that fails, also when the container prints them", () => {
    assert.notEqual(failing.exitCode, 0);
    assert.match(failing.output, /terrace: aborted \(container_exited\)/);
    assert.match(failing.output, /•••/);
    assertOnly(failing.output);
  });

  it("are not in Pulumi's state, its backups, its history and its temporary files", async () => {
    const { findings } = await scanTree(scanner, join(here.sandbox.slot.directory, "pulumi"), [".pulumi"]);
    assert.deepEqual(findings.filter(isSecret), []);
    assert.deepEqual([...new Set(findings.map(({ path }) => path.split("/")[1]))].sort(), ["backups", "history", "stacks"]);
    for (const root of [temporary, here.checkout.directory, join(here.sandbox.slot.directory, "pulumi-home")]) {
      await writeFile(join(root, "planted"), plant);
      const found = await scanTree(scanner, root, [""], (path) => /^(?:node_modules|\.git|bin|plugins)(?:\/|$)/.test(path));
      await rm(join(root, "planted"));
      assert.ok(
        found.findings.some((finding) => isPlanted(finding) && finding.path === "planted"),
        `${root}: the planted copy was not found`,
      );
      assert.deepEqual(found.findings.filter(isSecret), [], root);
    }
  });

  it("are in files of the server only where a container or Traefik reads them", async () => {
    const root = await serverRoot(server());
    const copies = [...folders, "var/log", "var/lib/terrace", "srv/releases", "srv/terrace", "opt/terrace"].map(
      (folder) => `${folder}/planted`,
    );
    for (const path of copies) await writeFile(join(root, path), plant);
    const { findings, files } = await scanTree(scanner, root, folders, leftOut);
    await Promise.all(copies.map((path) => rm(join(root, path))));
    assert.ok(files > 200, `${files} files`);
    const planted = new Set(findings.filter(isPlanted).map(({ path }) => path));
    assert.deepEqual(
      copies.filter((path) => !planted.has(path)),
      [],
      "planted copies were not found",
    );
    for (const part of [/^srv\/releases\/stacks\/.*\/manifest\.json$/, /^srv\/releases\/stacks\/.*\/compose\.yaml$/])
      assert.ok(
        [...planted].some((path) => part.test(path)),
        `the planted variable is in no ${part.source}`,
      );

    const isDelivered = ({ path, secret }: FileFinding): boolean =>
      originKey.test(path) ? secret === "ORIGIN_PRIVATE_KEY" : deliveredFile.exec(path)?.[1] === secret;
    assert.deepEqual(
      findings.filter((finding) => isSecret(finding) && !isDelivered(finding)),
      [],
    );
    // The exceptions are what they are said to be, or the search has not come that far.
    assert.deepEqual(secretsIn(findings), ["DELIVERY_CANARY_AS_FILE", "ORIGIN_PRIVATE_KEY", "REPORT_SIGNING_KEY"]);
  });

  it("are not in the server's journal", async () => {
    await shellOutput(server(), "logger --tag planted", plant);
    // Whole entries with all their fields, as bytes: what the short form leaves out or shortens is searched too.
    assertOnly(await shellOutput(server(), "journalctl --sync; journalctl --quiet --no-pager --all --output=export"));
  });

  it("are not in what `terrace status` and `terrace history` say", async () => {
    for (const command of ["status", "status --json", `history ${instance}`, `history ${instance} --json`]) {
      const { stdout, stderr, exitCode } = await shell(server(), `/opt/terrace/bin/terrace ${command}`);
      assert.equal(exitCode, 0, stderr);
      assert.match(stdout, /truealpha/);
      assertOnly(`${stdout}${plant}${stderr}`);
    }
  });

  it("are in no command line, and in no environment but that of `docker compose`, of containers and of who asks the store", () => {
    const { sampled, sweeps } = running;
    assert.ok(sweeps > 20, `all processes were looked at ${sweeps} times only`);
    assert.deepEqual(
      sampled.filter(({ where, secret }) => where === "cmdline" && secret !== "PLANTED"),
      [],
    );
    const kept = sampled.filter(({ secret }) => secret !== "PLANTED");
    const isContainer = ({ controlGroup }: SampledSecret): boolean => /\/docker[-/][0-9a-f]{64}/.test(controlGroup);
    const isCompose = ({ command }: SampledSecret): boolean =>
      /^\S*\/docker(?:-compose)? (?:\S+ )*compose .*--project-name=|^\S*\/docker-compose docker-cli-plugin-metadata$/.test(command);
    const opensTheStore = ({ secret, onLaptop }: SampledSecret): boolean => secret === "INFISICAL_CLIENT_SECRET" && onLaptop;
    assert.deepEqual(
      kept.filter((one) => !isContainer(one) && !isCompose(one) && !opensTheStore(one)),
      [],
    );
    for (const kind of [isContainer, isCompose, opensTheStore]) assert.ok(kept.some(kind), `nothing was seen: ${kind.toString()}`);
  });
});

/** Shows that the sampler sees command lines and environments, here and on the server. */
async function watchPlantedProcesses(here: World, sampler: ProcessSampler, plant: string): Promise<void> {
  // Each waits for its standard input to end, with the value among its arguments and in its environment.
  const waits = ["-c", "read -r line", plant];
  const local = spawn("/bin/sh", waits, { env: { PLANTED: plant }, stdio: ["pipe", "ignore", "ignore"] });
  const { file, args } = shellCommand(await serverLeader(here.sandbox.server("staging")), [`PLANTED=${plant}`, "/bin/sh", ...waits]);
  const remote = spawn(file, args, { stdio: ["pipe", "ignore", "ignore"] });
  for (const onLaptop of [true, false])
    for (const where of ["cmdline", "environ"] as const)
      await sampler.seen((one) => one.secret === "PLANTED" && one.onLaptop === onLaptop && one.where === where);
  local.stdin.end();
  remote.stdin.end();
}
