import assert from "node:assert/strict";
import { infisicalStore } from "../../../src/secrets/infisical.ts";
import type { SecretStore } from "../../../src/secrets/source.ts";
import { UserError } from "../../../src/settings/userError.ts";
import { Bench, identities, projectId } from "../../sandbox/infisical/bench.ts";

/** The sandbox's emulator, which speaks as upstream does, and our client: each was written without a look at the other. */
describe("the secret store against the sandbox's Infisical", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.create();
  });
  afterEach(() => bench.close());

  function store(environment = "staging", secret?: string, project = projectId): SecretStore {
    const identity = identities.find((known) => known.environment === "staging");
    const clientSecret = secret ?? identity?.clientSecret ?? "";
    return infisicalStore({ clientId: identity?.clientId ?? "", clientSecret, projectId: project, siteUrl: bench.siteUrl }, environment);
  }

  async function failure(source: SecretStore): Promise<string> {
    const error = await source.read(["/"]).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof UserError)) throw error instanceof Error ? error : new Error("nothing was thrown");
    return error.message.replaceAll(bench.siteUrl, "URL");
  }

  it("puts values and reads them back, whatever they hold", async () => {
    const value = "quotes \" and ' $dollar $$ \\ back\nline # hash \\";
    assert.equal(await store().put("/", "CANARY", value), "written");
    assert.equal(await store().put("/", "CANARY", "another"), "exists");
    assert.equal((await store().read(["/"])).get("/")?.get("CANARY"), value);
  });

  it("replaces the place holder of the template, once", async () => {
    const place = { environment: "staging", path: "/" };
    await bench.service.store.addSecret(place, "KEY", { value: "<generate>" });
    assert.equal(await store().put("/", "KEY", "made"), "written");
    assert.equal(await store().put("/", "KEY", "made again"), "exists");
    assert.equal((await store().read(["/"])).get("/")?.get("KEY"), "made");
  });

  it("merges imports, the last one winning, and expands references", async () => {
    const { store: inner } = bench.service;
    for (const path of ["/one", "/two"]) {
      await inner.makeFolder({ environment: "staging", path }, "");
      await inner.addSecret({ environment: "staging", path }, "BOTH", { value: path });
      await inner.addImport({ environment: "staging", path: "/" }, { environment: "staging", path });
    }
    await inner.addSecret({ environment: "staging", path: "/one" }, "ONE", { value: "1" });
    await inner.addSecret({ environment: "staging", path: "/" }, "URL", { value: "x://${ONE_MORE}/" });
    await inner.addSecret({ environment: "staging", path: "/" }, "ONE_MORE", { value: "host" });
    const values = (await store().read(["/", "/nowhere"])).get("/");
    assert.deepEqual(Object.fromEntries(values ?? []), { BOTH: "/two", ONE: "1", ONE_MORE: "host", URL: "x://host/" });
  });

  it("tells wrong credentials from an identity that they have locked", async () => {
    const wrong = () => failure(store("staging", "wrong"));
    for (let attempt = 0; attempt < 3; attempt += 1)
      assert.match(await wrong(), /^secret store: URL refuses the credentials \(status 401, "Invalid credentials"\);/);
    assert.match(await failure(store()), /^secret store: URL has locked this machine identity after failed logins; wait five minutes/);
  });

  it("tells that the identity may not read another environment", async () => {
    assert.match(
      await failure(store("prod")),
      /^secret store: URL does not let this machine identity read secrets in project \S+, environment "prod" \(status 403,/,
    );
  });

  const strangers: readonly (readonly [string, () => SecretStore])[] = [
    ["another project", () => store("staging", undefined, "7f3c1f0e-0000-4000-8000-00000000000f")],
    ["a project id that is none", () => store("staging", undefined, "truealpha")],
    ["an environment that is not there", () => store("development")],
  ];
  for (const [what, make] of strangers) {
    it(`tells of ${what}`, async () => {
      assert.match(
        await failure(make()),
        /^secret store: URL (?:knows no project|does not let this machine identity read secrets in project) \S+(?: with an|,) environment "(?:staging|development)" /,
      );
    });
  }

  it("tells an outage, a limit and a value under approval apart", async function () {
    this.timeout(60_000);
    await bench.control("outage", { path: "/api/v3/secrets/raw" });
    assert.match(await failure(store()), /^secret store: URL has a fault of its own \(status 50\d, "Something went wrong"\);/);
    await bench.control("restore");
    await bench.control("approve", { environment: "staging" });
    await assert.rejects(store().put("/", "KEY", "value"), /holds \/ under an approval policy: KEY waits for approval/);
  });
});
