import assert from "node:assert/strict";
import { dockerConfiguration, judgeConfiguration } from "../../../host/platform/dockerConfiguration.ts";
import { ok, wrong } from "../../../host/platform/item.ts";

const wanted = dockerConfiguration({ logMaximumSize: "10m", logMaximumFiles: 5, concurrentDownloads: 6 });
const text = (change: Readonly<Record<string, unknown>> = {}): string => JSON.stringify({ ...wanted, ...change });

describe("Docker's configuration", () => {
  it("says what it says, and nothing else", () => {
    assert.deepEqual(wanted, {
      "live-restore": true,
      "log-driver": "json-file",
      "log-opts": { "max-file": "5", "max-size": "10m" },
      "max-concurrent-downloads": 6,
      "default-address-pools": [{ base: "172.20.0.0/14", size: 24 }],
      experimental: true,
      ip6tables: true,
    });
  });

  for (const [name, present, running, expected] of [
    ["is as it should be, in any order of keys", JSON.stringify(Object.fromEntries(Object.entries(wanted).reverse())), true, ok],
    ["is absent before Docker is there", undefined, false, wrong("daemon.json is absent")],
    ["is absent under a running Docker", undefined, true, wrong("daemon.json is absent", "restart")],
    ["is torn", '{"live-restore": tr', true, wrong("daemon.json is not a JSON object", "restart")],
    ["is a list", "[]", true, wrong("daemon.json is not a JSON object", "restart")],
    [
      "differs in what a reload takes",
      text({ "live-restore": false, "max-concurrent-downloads": 3 }),
      true,
      wrong("daemon.json differs in live-restore, max-concurrent-downloads", "reload"),
    ],
    [
      "differs in what needs a restart too",
      text({ "max-concurrent-downloads": 3, "log-opts": {} }),
      true,
      wrong("daemon.json differs in log-opts, max-concurrent-downloads", "restart"),
    ],
    [
      "has a key that is not ours",
      text({ "insecure-registries": ["evil"] }),
      true,
      wrong("daemon.json differs in insecure-registries", "restart"),
    ],
    ["differs, but nothing runs", text({ "log-opts": {} }), false, wrong("daemon.json differs in log-opts")],
  ] as const) {
    it(name, () => assert.deepEqual(judgeConfiguration(present, wanted, running), expected));
  }
});
