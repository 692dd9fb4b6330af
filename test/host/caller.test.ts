import assert from "node:assert/strict";
import type { Request } from "../../contract/index.ts";
import { authorize, judgeCaller } from "../../host/caller.ts";
import type { Caller, Login } from "../../host/caller.ts";
import { Failure } from "../../host/ending.ts";
import { rolloutRequest } from "./fixtures.ts";

const login = (changes: Partial<Login>): Login => ({
  userId: 0,
  sudoUser: undefined,
  groups: [],
  isRootBySudo: false,
  ...changes,
});

describe("host/caller", () => {
  for (const [what, seen, expected] of [
    ["root at the console", login({}), { kind: "root", user: "root" }],
    ["root through sudo", login({ sudoUser: "root" }), { kind: "root", user: "root" }],
    ["a deploy user", login({ sudoUser: "deploy-prod" }), { kind: "deployer", user: "deploy-prod", environment: "prod" }],
    [
      "a deploy user of a name with a hyphen",
      login({ sudoUser: "deploy-pre-prod" }),
      { kind: "deployer", user: "deploy-pre-prod", environment: "pre-prod" },
    ],
    ["an operator", login({ sudoUser: "ann", groups: ["ann", "terrace-operators"] }), { kind: "operator", user: "ann" }],
    ["the login that came with the server", login({ sudoUser: "debian", isRootBySudo: true }), { kind: "root", user: "debian" }],
  ] as const) {
    it(`takes ${what} as ${expected.kind}`, () => assert.deepEqual(judgeCaller(seen), expected));
  }

  for (const [what, seen, message, code = "wrong_environment"] of [
    ["who is not root", login({ userId: 1000 }), 'terrace runs as root only: put "sudo" before it', "not_privileged"],
    [
      "in no group of ours",
      login({ sudoUser: "bob", groups: ["bob"] }),
      "bob is neither a deploy user (deploy-<environment>), nor a member of terrace-operators, nor one whom sudo lets be root",
    ],
    [
      "with a name that only begins alike",
      login({ sudoUser: "deploy-" }),
      "deploy- is neither a deploy user (deploy-<environment>), nor a member of terrace-operators, nor one whom sudo lets be root",
    ],
  ] as const) {
    it(`refuses one ${what}`, () => assert.throws(() => judgeCaller(seen), { name: "Failure", code, message }));
  }

  const root: Caller = { kind: "root", user: "root" };
  const operator: Caller = { kind: "operator", user: "ann" };
  const deployer = (environment: string): Caller => ({ kind: "deployer", user: `deploy-${environment}`, environment });
  const status = (instance?: string): Request => ({ contract: 1, request: "status", ...(instance === undefined ? {} : { instance }) });
  const platform = { contract: 1, request: "platform", environment: "prod" } as Request;
  const rollout = rolloutRequest();

  const cases: readonly (readonly [Caller, Request, string | undefined, "allowed" | "refused"])[] = [
    [root, platform, undefined, "allowed"],
    [operator, platform, undefined, "refused"],
    [deployer("prod"), platform, undefined, "refused"],
    [root, rollout, undefined, "allowed"],
    [operator, rollout, "prod", "allowed"],
    [deployer("prod"), rollout, undefined, "allowed"],
    [deployer("prod"), rollout, "prod", "allowed"],
    [deployer("staging"), rollout, undefined, "refused"],
    // The instance is of this environment by its name, and claimed by another one's stack.
    [deployer("prod"), status("shop-pre-prod"), "pre-prod", "refused"],
    [deployer("pre-prod"), status("shop-pre-prod"), "pre-prod", "allowed"],
    [deployer("prod"), status("shop-staging"), undefined, "refused"],
    [deployer("prod"), status("shop-prod"), undefined, "allowed"],
    [deployer("prod"), status(), undefined, "allowed"],
  ];
  for (const [caller, request, stack, expected] of cases) {
    const who = caller.kind === "deployer" ? caller.user : caller.kind;
    const instance = request.request === "status" ? (request.instance ?? "") : "";
    it(`${who}, ${request.request} ${instance}, owned by ${stack ?? "nobody"}: ${expected}`, () => {
      if (expected === "allowed") authorize(caller, request, stack);
      else
        assert.throws(
          () => authorize(caller, request, stack),
          (error) => error instanceof Failure && error.code === "wrong_environment",
        );
    });
  }

  it("refuses a deploy user who claims an instance for another environment's stack", () => {
    const owner = { project: "shop", stack: "prod" };
    const claims = [
      { ...rollout, manifest: { ...rollout.manifest, instance: "shop-staging", environment: "staging", owner } },
      { contract: 1, request: "data", instance: "shop-staging", environment: "staging", owner },
      { contract: 1, request: "secrets", instance: "shop-staging", environment: "staging", owner },
    ] as Request[];
    for (const claim of claims) {
      assert.throws(() => authorize(deployer("staging"), claim, undefined), {
        code: "wrong_environment",
        message: 'deploy-staging may release to "staging" only, not to "prod"',
      });
      authorize(root, claim, undefined);
    }
  });

  it("refuses an instance that does not bear its environment's name, from anybody", () => {
    const owner = { project: "shop", stack: "staging" };
    const request = { contract: 1, request: "secrets", instance: "shop-prod", environment: "staging", owner } as Request;
    assert.throws(() => authorize(root, request, undefined), {
      code: "malformed_request",
      message: 'instance: must end in "-staging", got "shop-prod"',
    });
  });
});
