import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { Platform, type PlatformPlan } from "../../../components/platform/index.ts";
import { OwnPlatformSettings } from "../../../components/platform/schema.ts";
import { canonicalJson, PlatformRequest } from "../../../contract/index.ts";
import { connection, connectionInputs } from "../shared/connection.ts";
import { registrations, secret } from "../shared/mocks.ts";

const publicKey = (letter: string): string => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${letter.repeat(43)} someone`;
const image = `registry.example.com/traefik:v3@sha256:${"a".repeat(64)}`;
const plan: PlatformPlan = {
  program: "b".repeat(64),
  epoch: 2,
  host: "staging-1",
  environment: "staging",
  settings: OwnPlatformSettings.parse({
    mode: "own",
    ingress: { image, trustedProxies: ["192.0.2.0/24"] },
    environments: { prod: { publicKey: publicKey("P") } },
  }),
  ingressImage: image,
  deployKey: publicKey("S"),
  operators: [{ name: "ada", publicKeys: [publicKey("A")] }],
  registryAuthorities: {},
};

describe("platform", () => {
  it("brings the program, then the host's secrets, then the items", async () => {
    const made = await registrations(() => {
      new Platform("platform", {
        mode: "own",
        connection: connection("root"),
        plan,
        bundlePath: "test/components/shared/mocks.ts",
        bootstrap: "#!/bin/bash\n",
        hostSecrets: pulumi.secret("{}"),
      });
    });
    assert.deepEqual(
      made.map(({ type, name }) => [type, name]),
      [
        ["terrace:platform:Platform", "platform"],
        ["command:remote:CopyToRemote", "platform-program-upload"],
        ["command:remote:Command", "platform-program"],
        ["command:remote:Command", "platform-secrets"],
        ["command:remote:Command", "platform-items"],
      ],
    );
    const [, upload, bootstrap, secrets, items] = made.map(({ inputs }) => inputs);
    // A rebuilt server has another host key; without it here the file would be missing there for ever.
    assert.deepEqual(upload?.["triggers"], ["ssh-ed25519 AAAA", 2]);
    assert.equal(upload["remotePath"], `terrace-upload/${plan.program}.cjs`);
    assert.deepEqual(bootstrap?.["triggers"], ["ssh-ed25519 AAAA", 2]);
    assert.equal(bootstrap["create"], `sh -s -- terrace-upload/${plan.program}.cjs ${plan.program}`);
    assert.deepEqual([secrets?.["stdin"], secrets?.["logging"]], [secret("{}"), "none"]);
    assert.deepEqual(items, {
      connection: secret(connectionInputs("root")),
      create: "sudo -n /opt/terrace/bin/terrace-platform",
      stdin: items?.["stdin"],
      logging: "stderr",
      addPreviousOutputInEnv: false,
    });
    const request = PlatformRequest.parse(JSON.parse(String(items["stdin"])));
    assert.equal(canonicalJson(request), items["stdin"]);
    assert.deepEqual(request.deployers, [
      { environment: "prod", publicKey: publicKey("P") },
      { environment: "staging", publicKey: publicKey("S") },
    ]);
    assert.equal(request.program, plan.program);
  });

  it("that is reused declares only this environment's host secrets, sent as the deploy user", async () => {
    const made = await registrations(() => {
      new Platform("platform", { mode: "reuse", connection: connection(), hostSecrets: pulumi.secret("{}") });
    });
    assert.deepEqual(
      made.map(({ type, name }) => [type, name]),
      [
        ["terrace:platform:Platform", "platform"],
        ["command:remote:Command", "platform-secrets"],
      ],
    );
    assert.deepEqual(made[1]?.inputs, {
      connection: secret(connectionInputs()),
      create: "sudo -n /opt/terrace/bin/terrace-host-secrets",
      stdin: secret("{}"),
      logging: "none",
      addPreviousOutputInEnv: false,
    });
  });
});
