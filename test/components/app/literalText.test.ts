import assert from "node:assert/strict";
import { parseDocument } from "yaml";
import { unquotedFaults } from "../../../components/app/literalText.ts";
import { planApp } from "../../../components/app/plan.ts";
import { Faults } from "../../../components/shared/fault.ts";
import { shop, shopCompose } from "./shop.ts";

function faultsOf(yaml: string): string[] {
  const faults = new Faults();
  const document = parseDocument(yaml, { merge: true });
  assert.deepEqual(document.errors, []);
  assert.equal(unquotedFaults(document, faults.at("")), faults.list.length);
  return faults.list.map(({ path, message }) => `${path} ${message}`.replace(/^\./, ""));
}

const inEnvironment = (value: string): string[] => faultsOf(`services: {api: {environment: {X: ${value}}}}`);

describe("numbers and booleans that a container gets as text", () => {
  const changed: readonly [written: string, read: string][] = [
    ["12345678901234567890", "12345678901234567000"],
    ["0123", "123"],
    ["1.10", "1.1"],
    ["1e3", "1000"],
    ["0x1F", "31"],
    ["0o17", "15"],
    ["+1", "1"],
    ["-0", "0"],
    [".inf", "Infinity"],
    ["True", "true"],
  ];
  for (const [written, read] of changed)
    it(`${written} is told`, () => {
      const message = `services.api.environment.X is ${written}, which would arrive as "${read}"; quote it: "${written}"`;
      assert.deepEqual(inEnvironment(written), [message]);
      assert.deepEqual(inEnvironment(JSON.stringify(written)), []);
    });

  it("what stays as it is written is not", () => {
    for (const written of ["0", "8000", "-1", "1.5", "true", "false", "yes", "1.2.3", "'0123'", "null", "~"])
      assert.deepEqual(inEnvironment(written), [], written);
  });

  it("in every field that becomes text, lists and keys as well, and in no other", () => {
    const yaml = `
services:
  api:
    command: [serve, 010]
    entrypoint:
      - 1.0
    labels: {0x10: 010}
    user: 0100
    expose: [08000]
    cpus: 2.0
    environment: ["X=0123"]
volumes: {x: 1.10}
`;
    assert.deepEqual(
      faultsOf(yaml).map((fault) => fault.split(",")[0]),
      [
        "services.api.command.1 is 010",
        "services.api.entrypoint.0 is 1.0",
        "services.api.labels.0x10 is 0x10",
        "services.api.labels.0x10 is 010",
        "services.api.user is 0100",
        "services.api.expose.0 is 08000",
      ],
    );
  });

  it("behind anchors and merge keys", () => {
    const yaml = `
x-a: &a {A: 01}
x-b: &b {B: 02}
x-service: &service {environment: {<<: [*a, *b], C: &c 03}}
services:
  one: {<<: *service}
  two: {environment: *a, command: [*c]}
`;
    assert.deepEqual(
      faultsOf(yaml).map((fault) => fault.split(" ")[0]),
      [
        "services.one.environment.A",
        "services.one.environment.B",
        "services.one.environment.C",
        "services.two.environment.A",
        "services.two.command.0",
      ],
    );
  });

  it("stop the plan, each at its place", () => {
    const result = planApp(shop({ compose: shopCompose.replace("LOG_LEVEL: info", "LOG_LEVEL: 1.10\n      PIN: 0123") }));
    assert.equal(result.kind, "faulty");
    assert.deepEqual(
      result.faults.map(({ path }) => path),
      ["apps/shop/compose.yaml: services.api.environment.LOG_LEVEL", "apps/shop/compose.yaml: services.api.environment.PIN"],
    );
  });
});
