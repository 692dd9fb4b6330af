import assert from "node:assert/strict";
import { Failure } from "../../../host/ending.ts";
import { findAccount } from "../../../host/platform/accountFiles.ts";
import { accountFaults, checkNames, formerAccounts, wantedAccounts } from "../../../host/platform/accounts.ts";

const key = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"A".repeat(43)} somebody@laptop`;
const [deployer, operator] = wantedAccounts({
  deployers: [{ environment: "staging", publicKey: key }],
  operators: [{ name: "alice", publicKeys: [key] }],
});
assert.ok(deployer !== undefined && operator !== undefined);

const files = {
  passwd: [
    "root:x:0:0:root:/root:/bin/bash",
    "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin",
    "deploy-staging:x:1001:100:Terrace deploys of staging:/home/deploy-staging:/bin/sh",
    "alice:x:1002:100:Terrace operator:/home/alice:/bin/bash",
    "",
  ].join("\n"),
  shadow: "root:*:20000:0:99999:7:::\ndeploy-staging:*:20000:0:99999:7:::\nalice:*:20000:0:99999:7:::\n",
  group: "root:x:0:\nsudo:x:27:\nterrace-deployers:x:990:deploy-staging\nterrace-operators:x:991:alice\n",
};
const withLine = (text: string, from: string, to: string): string => {
  assert.ok(text.includes(from));
  return text.replace(from, to);
};
const home = (name: string): string => `/home/${name}`;

describe("accounts", () => {
  it("of deploy users can run commands and nothing else", () => {
    assert.deepEqual(deployer, {
      name: "deploy-staging",
      group: "terrace-deployers",
      comment: "Terrace deploys of staging",
      shell: "/bin/sh",
      exactGroups: true,
      keys: [`restrict ${key}`],
      ownsHome: false,
    });
  });

  it("of operators have a terminal, and no forwarding either", () => {
    assert.deepEqual(operator.keys, [`restrict,pty ${key}`]);
    assert.equal(operator.group, "terrace-operators");
  });

  it("are read from the three files together", () => {
    assert.deepEqual(findAccount(files, "alice"), {
      name: "alice",
      userId: 1002,
      groupId: 100,
      home: "/home/alice",
      shell: "/bin/bash",
      groups: ["terrace-operators"],
      password: "*",
      expires: "",
    });
    assert.equal(findAccount(files, "bob"), undefined);
  });

  for (const [what, change, expected] of [
    ["nothing", {}, []],
    ["absence", { passwd: "" }, ["absent"]],
    [
      "a home elsewhere",
      { passwd: withLine(files.passwd, ":/home/deploy-staging:", ":/root:") },
      ["its home is /root instead of /home/deploy-staging"],
    ],
    [
      "another shell",
      { passwd: withLine(files.passwd, "staging:/bin/sh", "staging:/bin/bash") },
      ["its shell is /bin/bash instead of /bin/sh"],
    ],
    ["a password", { shadow: withLine(files.shadow, "deploy-staging:*", "deploy-staging:$y$hash") }, ["it is not closed to passwords"]],
    ["no shadow line", { shadow: "" }, ["it is not closed to passwords"]],
    [
      "expiry",
      { shadow: withLine(files.shadow, "deploy-staging:*:20000:0:99999:7:::", "deploy-staging:*:20000:0:99999:7::1:") },
      ["it has expired"],
    ],
    ["the group docker, which is root", { group: `${files.group}docker:x:992:deploy-staging\n` }, ["it is also in docker"]],
    ["being out of our group", { group: withLine(files.group, "990:deploy-staging", "990:") }, ["it is not in terrace-deployers"]],
  ] as const) {
    it(`of a deploy user: ${what} is ${expected.length === 0 ? "right" : "found"}`, () => {
      assert.deepEqual(accountFaults(deployer, home(deployer.name), { ...files, ...change }, true), expected);
    });
  }

  it("of operators may have more groups, which a person gave them", () => {
    assert.deepEqual(
      accountFaults(operator, home("alice"), { ...files, group: withLine(files.group, "sudo:x:27:", "sudo:x:27:alice") }, true),
      [],
    );
  });

  for (const [what, name, passwd, expected] of [
    ["a system account", "www-data", files.passwd, '"www-data" is a system account of this server; choose another login name'],
    [
      "an account that Terrace has not made",
      "bob",
      `${files.passwd}bob:x:1003:100::/home/bob:/bin/bash\n`,
      'the account "bob" exists on this server and Terrace has not made it; choose another login name or remove it',
    ],
  ] as const) {
    it(`never take over ${what}: its keys would be replaced`, () => {
      assert.throws(
        () => accountFaults({ ...operator, name }, home(name), { ...files, passwd }, false),
        (error: unknown) => error instanceof Failure && error.code === "malformed_request" && error.message === expected,
      );
    });
  }

  it("are recognized by the record too, when somebody took them out of the group", () => {
    const group = withLine(files.group, "990:deploy-staging", "990:");
    assert.throws(() => accountFaults(deployer, home(deployer.name), { ...files, group }, false), /Terrace has not made it/);
    assert.deepEqual(accountFaults(deployer, home(deployer.name), { ...files, group }, true), ["it is not in terrace-deployers"]);
  });

  it("that are no longer asked for are found by their group", () => {
    assert.deepEqual(formerAccounts([deployer, operator], files), []);
    assert.deepEqual(formerAccounts([operator], files), [{ name: "deploy-staging", group: "terrace-deployers" }]);
    assert.deepEqual(formerAccounts([deployer], files), [{ name: "alice", group: "terrace-operators" }]);
  });

  it("must not share a name, nor an operator pass for a deploy user", () => {
    checkNames([deployer, operator]);
    assert.throws(() => checkNames([operator, operator]), /the login name "alice" is asked for twice/);
    assert.throws(() => checkNames([{ ...operator, name: "deploy-prod" }]), /"deploy-prod" would be taken for a deploy user/);
  });
});
