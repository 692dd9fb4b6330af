import assert from "node:assert/strict";
import { contractVersion, toCurrentVersion, type Upgrade } from "../../contract/index.ts";

describe("contract version", () => {
  const upgrade: Upgrade = ({ project, ...rest }) => ({ ...rest, owner: { project } });

  it("takes its own", () => {
    const request = { contract: contractVersion, request: "status" };
    assert.deepEqual(toCurrentVersion(request), { kind: "current", request });
  });

  it("takes the one before and brings it forward", () => {
    assert.deepEqual(toCurrentVersion({ contract: 2, request: "rollout", project: "terrace" }, 3, upgrade), {
      kind: "current",
      request: { contract: 3, request: "rollout", owner: { project: "terrace" } },
    });
  });

  const refused: readonly [unknown, string, string][] = [
    [
      4,
      "contract_unsupported",
      "contract version 4 is not spoken here (3 and 2); the host program is older than the client: apply the platform layer first",
    ],
    [1, "contract_unsupported", "contract version 1 is not spoken here (3 and 2); the client is older than the host program: update it"],
    ["3", "malformed_request", 'contract: must be the contract version (3 and 2), got "3"'],
    [undefined, "malformed_request", "contract: must be the contract version (3 and 2), got nothing"],
    [2.5, "malformed_request", "contract: must be the contract version (3 and 2), got 2.5"],
  ];
  for (const [contract, code, what] of refused) {
    it(`refuses ${contract === undefined ? "none" : JSON.stringify(contract)}`, () => {
      assert.deepEqual(toCurrentVersion({ contract, request: "rollout" }, 3, upgrade), { kind: "unsupported", code, what });
    });
  }
});
