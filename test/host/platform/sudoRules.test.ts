import assert from "node:assert/strict";
import { wantedAccounts } from "../../../host/platform/accounts.ts";
import { deployEntries, sudoRules } from "../../../host/platform/sudoRules.ts";
import { verbs } from "../../../host/verbs.ts";

const key = `ssh-ed25519 ${"A".repeat(68)}`;
const accounts = wantedAccounts({
  deployers: [
    { environment: "prod", publicKey: key },
    { environment: "staging", publicKey: key },
  ],
  operators: [{ name: "alice", publicKeys: [key] }],
});
const text = sudoRules(accounts, "/opt/terrace");

describe("sudo rules", () => {
  it("allow deploy users the entries without any argument, and operators the one command", () => {
    assert.equal(
      text,
      `# Written by Terrace; whatever is changed here by hand is taken back when the platform is applied again.
Cmnd_Alias TERRACE_ENTRIES = \\
    /opt/terrace/bin/terrace-host-secrets "", \\
    /opt/terrace/bin/terrace-secrets "", \\
    /opt/terrace/bin/terrace-data "", \\
    /opt/terrace/bin/terrace-rollout "", \\
    /opt/terrace/bin/terrace-retire "", \\
    /opt/terrace/bin/terrace-retire-data "", \\
    /opt/terrace/bin/terrace-status "", \\
    /opt/terrace/bin/terrace-history "", \\
    /opt/terrace/bin/terrace-rollback ""
Defaults!TERRACE_ENTRIES !use_pty, !requiretty
deploy-prod ALL=(root) NOPASSWD: TERRACE_ENTRIES
deploy-staging ALL=(root) NOPASSWD: TERRACE_ENTRIES
%terrace-operators ALL=(root) NOPASSWD: /opt/terrace/bin/terrace
`,
    );
  });

  it("name every verb of the program but the platform's", () => {
    assert.deepEqual(
      [...deployEntries].sort(),
      Object.keys(verbs)
        .filter((name) => name !== "platform")
        .sort(),
    );
  });
});
