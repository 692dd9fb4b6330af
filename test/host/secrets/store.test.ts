import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SecretSet } from "../../../contract/index.ts";
import { Failure } from "../../../host/ending.ts";
import { hostPaths } from "../../../host/paths.ts";
import { keepSet, secretStore } from "../../../host/secrets/store.ts";
import { provideAtBoot, provideSecretFiles, withdrawSecretFiles } from "../../../host/secrets/secretFiles.ts";
import { fakeCreds } from "./fakeCreds.ts";

const instance = "shop-staging";
const first = "1".repeat(64);
const second = "2".repeat(64);
const set = (fingerprint: string, value: string, part: SecretSet["part"] = "app"): SecretSet => ({
  part,
  fingerprint,
  variables: { PASSWORD: { value, onRollback: "release" }, TOKEN: { value: `${value}-token`, onRollback: "latest" } },
  services: ["api"],
});
const absent = (message: RegExp) => (error: unknown) =>
  error instanceof Failure && error.code === "secrets_absent" && message.test(error.message);

/** On a tmpfs, as /run is: the store of files insists on it. */
describe("secret sets on the host", () => {
  let root: string;
  let creds: ReturnType<typeof fakeCreds>;
  const world = () => {
    const paths = hostPaths(root);
    const { execute } = creds;
    return { paths, execute, secrets: secretStore({ paths, execute }) };
  };
  beforeEach(() => {
    root = mkdtempSync("/dev/shm/terrace-secrets-");
    creds = fakeCreds();
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("open to what was kept, each under its fingerprint, sealed on disk for root alone", async () => {
    assert.equal(await keepSet(world(), instance, set(first, "hunter2-one")), "kept");
    assert.equal(await keepSet(world(), instance, set(second, "hunter2-two")), "kept");
    const { secrets, paths } = world();
    assert.deepEqual(await secrets.open(instance, first), set(first, "hunter2-one").variables);
    assert.deepEqual(await secrets.open(instance, second), set(second, "hunter2-two").variables);
    const file = join(paths.sealedSecrets, instance, first);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(statSync(paths.sealedSecrets).mode & 0o777, 0o700);
    for (const name of readdirSync(join(paths.sealedSecrets, instance)))
      assert.doesNotMatch(readFileSync(join(paths.sealedSecrets, instance, name), "utf8"), /hunter2/);
  });

  it("never show a value in a command line", async () => {
    await keepSet(world(), instance, set(first, "hunter2-one"));
    await world().secrets.open(instance, first);
    assert.equal(creds.commands.length, 2);
    assert.doesNotMatch(JSON.stringify(creds.commands.map(({ argv, environment }) => [argv, environment])), /hunter2/);
  });

  it("know the latest per part, and are unchanged when they come again", async () => {
    await keepSet(world(), instance, set(first, "one"));
    await keepSet(world(), instance, set("9".repeat(64), "data", "data"));
    const before = readFileSync(join(world().paths.sealedSecrets, instance, first), "utf8");
    assert.equal(await keepSet(world(), instance, set(first, "one")), "unchanged");
    assert.equal(readFileSync(join(world().paths.sealedSecrets, instance, first), "utf8"), before);
    assert.equal(await keepSet(world(), instance, set(second, "two")), "kept");
    assert.equal(await world().secrets.latest(instance, "app"), second);
    assert.equal(await world().secrets.latest(instance, "data"), "9".repeat(64));
    assert.equal(await keepSet(world(), instance, set(first, "one")), "kept");
    assert.equal(await world().secrets.latest(instance, "app"), first);
    assert.equal(await world().secrets.latest("other-staging", "app"), undefined);
  });

  it("are written again when what is there cannot be opened", async () => {
    await keepSet(world(), instance, set(first, "one"));
    writeFileSync(join(world().paths.sealedSecrets, instance, first), "damaged");
    await assert.rejects(world().secrets.open(instance, first), absent(/^secret set 111111111111 of shop-staging cannot be unsealed: /));
    assert.equal(await keepSet(world(), instance, set(first, "one")), "kept");
    assert.deepEqual(await world().secrets.open(instance, first), set(first, "one").variables);
  });

  it("cannot stand in for one another: the name is sealed in", async () => {
    await keepSet(world(), instance, set(first, "one"));
    await keepSet(world(), instance, set(second, "two"));
    const folder = join(world().paths.sealedSecrets, instance);
    writeFileSync(join(folder, second), readFileSync(join(folder, first)));
    await assert.rejects(world().secrets.open(instance, second), absent(/cannot be unsealed/));
  });

  it("that are absent are named as absent", async () => {
    await assert.rejects(
      world().secrets.open(instance, first),
      absent(/^this host does not hold secret set 111111111111 of shop-staging$/),
    );
  });

  describe("delivered as files", () => {
    const path = (name: string): string => join(world().paths.secretFiles(instance), first, name);
    const recipe = { instance, fingerprint: first, sources: { PASSWORD: first, TOKEN: second } };
    const awkward = "a\"b'c$d\\e\n#f\\";

    beforeEach(async () => {
      await keepSet(world(), instance, set(first, awkward));
      await keepSet(world(), instance, set(second, "newer"));
    });

    it("hold each value byte for byte, out of the set that the recipe names", async () => {
      assert.deepEqual(await provideSecretFiles(world(), recipe), { PASSWORD: path("PASSWORD"), TOKEN: path("TOKEN") });
      assert.equal(readFileSync(path("PASSWORD"), "utf8"), awkward);
      assert.equal(readFileSync(path("TOKEN"), "utf8"), "newer-token");
      assert.equal(statSync(path("PASSWORD")).mode & 0o777, 0o444);
      assert.equal(statSync(join(world().paths.secretFiles(instance), "..")).mode & 0o777, 0o700);
    });

    it("keep their inode while the value is the same: containers mount it", async () => {
      await provideSecretFiles(world(), recipe);
      const before = statSync(path("PASSWORD")).ino;
      await provideSecretFiles(world(), recipe);
      assert.equal(statSync(path("PASSWORD")).ino, before);
    });

    it("come back at boot, until they are withdrawn", async () => {
      await provideSecretFiles(world(), recipe);
      rmSync(join(root, "run"), { recursive: true });
      assert.deepEqual(await provideAtBoot(world()), { files: 2, failures: [] });
      assert.equal(readFileSync(path("PASSWORD"), "utf8"), awkward);
      await withdrawSecretFiles(world(), instance, first);
      assert.throws(() => statSync(path("PASSWORD")), { code: "ENOENT" });
      assert.deepEqual(await provideAtBoot(world()), { files: 0, failures: [] });
      await withdrawSecretFiles(world(), instance, first);
    });

    it("come back for every instance but the one whose set is damaged", async () => {
      await keepSet(world(), "blog-prod", set(first, "blog"));
      await provideSecretFiles(world(), { instance: "blog-prod", fingerprint: first, sources: { PASSWORD: first } });
      await provideSecretFiles(world(), recipe);
      writeFileSync(join(world().paths.sealedSecrets, instance, second), "damaged");
      rmSync(join(root, "run"), { recursive: true });
      const { files, failures } = await provideAtBoot(world());
      assert.equal(files, 1);
      assert.equal(failures.length, 1);
      assert.match(failures[0] ?? "", /^secret set 222222222222 of shop-staging cannot be unsealed/);
    });

    it("are refused for a variable that the set does not have", async () => {
      const sources = { PASSWORT: first };
      await assert.rejects(provideSecretFiles(world(), { ...recipe, sources }), absent(/set 111111111111 has no variable PASSWORT$/));
    });

    it("are never written to a disk", async () => {
      const disk = mkdtempSync(join(tmpdir(), "terrace-disk-"));
      try {
        const paths = hostPaths(disk);
        const onDisk = { ...world(), paths };
        // Only meaningful where the temporary folder is on a disk; elsewhere it is a tmpfs, which is what is asked for.
        await keepSet(onDisk, instance, set(first, "one"));
        const { type } = await import("node:fs/promises").then(({ statfs }) => statfs(disk));
        const provide = provideSecretFiles({ ...onDisk, secrets: secretStore(onDisk) }, { ...recipe, sources: { PASSWORD: first } });
        if (type === 0x01021994) await provide;
        else await assert.rejects(provide, /is not on a tmpfs; secret values would be written to a disk/);
      } finally {
        rmSync(disk, { recursive: true });
      }
    });
  });
});
