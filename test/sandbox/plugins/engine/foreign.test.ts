import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { pulumiProject } from "../support/pulumiProject.ts";
import type { PulumiProject } from "../support/pulumiProject.ts";
import { startSshServer } from "../support/sshServer.ts";
import type { SshServer } from "../support/sshServer.ts";

/** Written the way programs out there are: CommonJS, default providers, the package's own entry point, outputs that feed inputs. */
const program = `
const pulumi = require("@pulumi/pulumi");
const { local, remote } = require("@pulumi/command");
const random = require("@pulumi/random");

class Website extends pulumi.ComponentResource {
  constructor(name, args, opts) {
    super("foreign:web:Website", name, {}, opts);
    const parent = { parent: this };
    const suffix = new random.RandomId(name + "-suffix", { byteLength: 2, keepers: { page: args.page } }, parent);
    const token = new random.RandomPassword(name + "-token", { length: 16, overrideSpecial: "_-", minSpecial: 2 }, parent);
    const page = new remote.CopyToRemote(name + "-page", {
      connection: args.connection,
      source: new pulumi.asset.StringAsset(args.page),
      remotePath: pulumi.interpolate\`www-\${suffix.hex}/index.html\`,
    }, parent);
    const files = new remote.CopyToRemote(name + "-files", { connection: args.connection, source: new pulumi.asset.FileArchive("./files"), remotePath: "assets" }, parent);
    const publish = new remote.Command(name + "-publish", {
      connection: args.connection,
      create: pulumi.interpolate\`cat > secret; wc -c < \${page.remotePath}; ls assets/files\`,
      delete: "rm -r assets",
      stdin: token.result,
    }, { ...parent, dependsOn: [page, files], additionalSecretOutputs: ["stderr"] });
    this.size = publish.stdout.apply((text) => Number(text.split("\\n")[0]));
    this.list = publish.stdout.apply((text) => text.split("\\n").slice(1));
    this.token = token.result;
    this.registerOutputs({ size: this.size });
  }
}

const config = new pulumi.Config();
const connection = { host: "127.0.0.1", port: Number(process.env.SSH_PORT), user: "web", privateKey: process.env.SSH_KEY };
const site = new Website("site", { connection, page: config.get("page") || "<h1>hello</h1>" });
const report = new local.Command("report", {
  create: 'echo "$GREETING: $SIZE bytes"',
  environment: { GREETING: "published", SIZE: pulumi.interpolate\`\${site.size}\` },
  interpreter: ["/bin/sh", "-eu", "-c"],
});
const now = local.runOutput({ command: "printf '%s' \\"$0\\"", environment: {} }).stdout;
module.exports = { size: site.size, list: site.list, token: site.token, report: report.stdout, shell: now };
`;

describe("real engine, a foreign program", function () {
  this.timeout(120_000);
  let project: PulumiProject;
  let server: SshServer;
  before(async () => {
    server = await startSshServer();
    project = await pulumiProject({ environment: { SSH_PORT: String(server.port), SSH_KEY: server.privateKey, SSH_AUTH_SOCK: "" } });
    await project.file("Pulumi.yaml", "name: foreign\nruntime: { name: nodejs, options: { typescript: false } }\n");
    await project.file("package.json", JSON.stringify({ name: "foreign", main: "app.js" }));
    await project.file("app.js", program);
    await project.file("files/logo.svg", "<svg/>");
    await project.file("files/deep/er.txt", "deep");
    assert.equal((await project.run("stack", "init", "live")).exitCode, 0);
  });
  after(async () => {
    await project.remove();
    await server.close();
  });
  const onServer = (path: string): Promise<string> => readFile(join(server.directory, path), "utf8");

  it("previews", async () => {
    const { exitCode, output } = await project.run("preview");
    assert.equal(exitCode, 0, output);
    assert.match(output, /\+ 8 to create/);
    assert.equal(server.log.logins, 0);
  });

  it("comes up: values flow from resource to resource", async () => {
    const output = await project.up();
    assert.match(output, /token *: \[secret\]/);
    const { size, list, token, report, shell } = await project.outputs();
    assert.deepEqual([size, list, report, shell], [14, ["deep", "logo.svg"], "published: 14 bytes", "/bin/sh"]);
    assert.match(String(token), /^[a-zA-Z0-9_-]{16}$/);
    assert.equal(await onServer("secret"), token);
    assert.equal(await onServer("assets/files/deep/er.txt"), "deep");
  });

  it("changes: keepers replace, what hangs on them follows, the secret stays", async () => {
    const before = await project.outputs();
    await project.run("config", "set", "page", "<h1>hello, world</h1>");
    const { output } = await project.run("preview", "--diff");
    assert.match(output, /\+-random:index\/randomId:RandomId: \(replace\)/);
    assert.match(output, /~ keepers: \{\s+~ page: "<h1>hello<\/h1>" => "<h1>hello, world<\/h1>"/);
    assert.match(output, /~ remotePath: "www-[0-9a-f]{4}\/index.html" => \[unknown\]/);
    assert.match(output, /create *: ".*" => \[unknown\]/);
    await project.up();
    const after = await project.outputs();
    assert.deepEqual([after["size"], after["token"]], [21, before["token"]]);
  });

  it("a changed file in the archive is copied again, and only that", async () => {
    await project.file("files/new.txt", "new");
    const output = await project.up();
    assert.match(output, /~ 1 updated/);
    assert.equal(await onServer("assets/files/new.txt"), "new");
  });

  it("nothing more to do, and then it goes", async () => {
    const { exitCode, output } = await project.run("preview", "--expect-no-changes");
    assert.equal(exitCode, 0, output);
    assert.equal((await project.run("destroy", "--yes", "--skip-preview")).exitCode, 0);
    await assert.rejects(onServer("assets/files/new.txt"), /ENOENT/);
    assert.deepEqual(await project.resources(), []);
  });
});
