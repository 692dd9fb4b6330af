import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sealRequest } from "../../../contract/index.ts";
import { unsealedText } from "../../../host/secrets/sealedRequest.ts";
import { generateSshKey, publicKeyOf } from "../../../src/secrets/sshKey.ts";

describe("requests sealed for this host", () => {
  let folder: string;
  let paths: { readonly sshHostKey: string };
  const hostKey = generateSshKey("host");

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "terrace-sealed-"));
    paths = { sshHostKey: join(folder, "ssh_host_ed25519_key") };
    await writeFile(paths.sshHostKey, hostKey);
  });
  after(() => rm(folder, { recursive: true }));

  const seal = (request: string, key = hostKey): string => sealRequest(request, publicKeyOf(key), "k".repeat(32));

  it("are opened; what is not sealed stays as it is", async () => {
    assert.equal(await unsealedText(seal('{"request":"secrets"}'), paths), '{"request":"secrets"}');
    for (const text of ['{"request":"status"}', "no JSON", "", "null", '{"sealed":"sealed"}'])
      assert.equal(await unsealedText(text, paths), text);
  });

  it("for another key are refused with both keys and the next step", async () => {
    await assert.rejects(unsealedText(seal("{}", generateSshKey("another")), paths), {
      outcome: "invalid",
      code: "malformed_request",
      message:
        /^the request cannot be opened: it is sealed for the host key SHA256:\S+, and this host has SHA256:\S+; correct hostKey of the stack file, or SSH_HOST_KEY of the secret store$/,
    });
    await assert.rejects(unsealedText(seal("{}"), { sshHostKey: join(folder, "absent") }), {
      message: /^the request cannot be opened: it is sealed for SHA256:\S+, and this host has no \S+absent; /,
    });
  });
});
