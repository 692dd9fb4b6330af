import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundleInputs } from "../../../components/platform/bundle.ts";
import { checkoutRoot } from "../../../src/settings/stackFile.ts";

describe("the host program's bundle", () => {
  const inputs = bundleInputs();

  it("is built again when its sources change, and when what says how they are bundled does", () => {
    for (const file of ["contract/version.ts", "host/main.ts", "host/rollout/switch.ts"]) assert.ok(inputs.includes(file), file);
    // A checkout that kept its old bundle past such a change would release another program than everybody else.
    for (const file of ["components/platform/bundle.ts", "host/tsconfig.json", "tsconfig.json"]) assert.ok(inputs.includes(file), file);
  });

  it("names files of the checkout, by paths that are the same in each", () => {
    assert.deepEqual(inputs, [...new Set(inputs)].sort());
    for (const file of inputs) assert.ok(readFileSync(join(checkoutRoot, file)).length > 0, file);
  });
});
