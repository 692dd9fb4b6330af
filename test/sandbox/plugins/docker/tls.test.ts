import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { imageDigest } from "../../../../sandbox/plugins/docker/registryImage.ts";
import { testCertificates } from "./support/certificates.ts";
import type { TestCertificates } from "./support/certificates.ts";
import { startScriptedRegistry } from "./support/scriptedRegistry.ts";
import type { ScriptedRegistry } from "./support/scriptedRegistry.ts";

const digest = `sha256:${"a".repeat(64)}`;
const run = promisify(execFile);

describe("sandbox/plugins/docker: registries over TLS", () => {
  const open: ScriptedRegistry[] = [];
  const registryWith = async (certificates: TestCertificates): Promise<ScriptedRegistry> => {
    const registry = await startScriptedRegistry(() => ({ status: 200, headers: { "docker-content-digest": digest } }), certificates);
    open.push(registry);
    return registry;
  };
  const ask = (registry: ScriptedRegistry, insecureSkipVerify: boolean): Promise<string> =>
    imageDigest({
      name: `${registry.host}/demo/api:1@${digest}`,
      insecureSkipVerify,
      logins: new Map(),
      signal: new AbortController().signal,
    });

  afterEach(async () => {
    await Promise.all(open.splice(0).map((registry) => registry.close()));
  });

  it("refuses an authority that nobody trusts, unless insecureSkipVerify says otherwise", async () => {
    const registry = await registryWith(await testCertificates(["127.0.0.1"]));
    await assert.rejects(
      ask(registry, false),
      /Error during registry request: Head "https:\/\/127\.0\.0\.1:\d+\/v2\/demo\/api\/manifests\/sha256:a+": tls: failed to verify certificate: x509: certificate signed by unknown authority$/,
    );
    assert.deepEqual(registry.take(), []);
    assert.equal(await ask(registry, true), digest);
  });

  it("trusts the authority of NODE_EXTRA_CA_CERTS, and still looks at name and date", async () => {
    const good = await testCertificates(["127.0.0.1"]);
    const otherName = await testCertificates(["elsewhere.test"], { authority: "two" });
    const old = await testCertificates(["127.0.0.1"], { authority: "three", expired: true });
    const namesake = await testCertificates(["127.0.0.1"]);
    const directory = mkdtempSync(join(tmpdir(), "terrace-ca-"));
    try {
      writeFileSync(join(directory, "ca.crt"), [good, otherName, old].map(({ authority }) => `${authority}\n`).join(""));
      const outcomes = [];
      for (const certificates of [good, otherName, old, namesake])
        outcomes.push(await askFromAnotherProcess(await registryWith(certificates), join(directory, "ca.crt")));
      assert.deepEqual(outcomes, [
        digest,
        "tls: failed to verify certificate: x509: certificate is not valid for 127.0.0.1",
        "tls: failed to verify certificate: x509: certificate has expired or is not yet valid",
        "tls: failed to verify certificate: x509: certificate signed by unknown authority",
      ]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

/** The digest, or the reason at the end of the message. Node reads the variable only when it starts. */
async function askFromAnotherProcess(registry: ScriptedRegistry, authorities: string): Promise<string> {
  const module = resolve(import.meta.dirname, "../../../../sandbox/plugins/docker/registryImage.ts");
  const program = `
    import { imageDigest } from ${JSON.stringify(module)};
    const question = { name: ${JSON.stringify(`${registry.host}/demo/api:1@${digest}`)}, insecureSkipVerify: false, logins: new Map(), signal: new AbortController().signal };
    process.stdout.write(await imageDigest(question).catch((error) => error.message.split('": ').at(-1)));
  `;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: authorities },
  });
  return stdout;
}
