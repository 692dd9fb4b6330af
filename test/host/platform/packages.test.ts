import assert from "node:assert/strict";
import { aptErrors, missingPackages } from "../../../host/platform/packagesItem.ts";

describe("packages", () => {
  it("are missing unless dpkg calls them installed", () => {
    const listing = "docker.io installed\ndocker-cli config-files\nca-certificates installed\n";
    assert.deepEqual(missingPackages(listing), ["docker-cli", "docker-compose"]);
    assert.deepEqual(missingPackages(""), ["ca-certificates", "docker-cli", "docker-compose", "docker.io"]);
    assert.deepEqual(missingPackages(`${listing}docker-cli installed\ndocker-compose installed\n`), []);
  });

  for (const [name, output, expected] of [
    [
      "apt's own lines",
      { stdout: "Reading package lists...\n", stderr: "W: old\nE: Unable to locate package x\n" },
      "E: Unable to locate package x",
    ],
    [
      "dpkg's, which stand on standard output",
      { stdout: "dpkg: error processing x\n", stderr: "E: Sub-process returned 1\n" },
      "dpkg: error processing x / E: Sub-process returned 1",
    ],
    ["whatever else there is", { stdout: "", stderr: "flock: timeout\n" }, "flock: timeout"],
    ["nothing", { stdout: "", stderr: "" }, "no message"],
  ] as const) {
    it(`failures quote ${name}`, () => assert.equal(aptErrors(output), expected));
  }
});
