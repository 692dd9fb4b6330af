import assert from "node:assert/strict";
import { Bench, projectId, refusal } from "./bench.ts";

const base = `/api/v3/secrets/raw?workspaceId=${projectId}&environment=staging`;

describe("Infisical emulator: what it does not know, and bad days", () => {
  let bench: Bench;
  let token: string;
  beforeEach(async () => {
    bench = await Bench.create();
    token = (await bench.login()).auth().getAccessToken() ?? "";
  });
  afterEach(() => bench.close());

  it("says what it is, and that it is there", async () => {
    const page = await bench.call("GET", "/");
    assert.equal(page.headers["x-terrace-emulator"], "infisical");
    assert.match(page.text, /This is an emulator of Infisical's API/);
    const status = await bench.call("GET", "/api/status");
    assert.equal((JSON.parse(status.text) as { message: string }).message, "Ok");
  });

  const refused: readonly (readonly [what: string, method: string, path: string, body: unknown, status: number])[] = [
    ["a path nobody knows", "GET", "/api/v4/secrets", undefined, 404],
    ["a method nobody knows", "PUT", "/api/v3/secrets/raw/KEY", {}, 404],
    ["a query parameter nobody knows", "GET", `${base}&colour=red`, undefined, 422],
    ["a parameter given twice", "GET", `${base}&environment=prod`, undefined, 422],
    ["a tag filter", "GET", `${base}&tagSlugs=a`, undefined, 422],
    [
      "a field nobody knows",
      "POST",
      "/api/v3/secrets/raw/KEY",
      { workspaceId: projectId, environment: "staging", secretValue: "x", tagIds: ["a"] },
      422,
    ],
  ];
  for (const [what, method, path, body, status] of refused) {
    it(`refuses ${what} loudly with ${status}`, async () => {
      const heard = await bench.call(method, path, { token, ...(body === undefined ? {} : { body }) });
      assert.equal(heard.status, status);
      const line = (await bench.log()).at(-1);
      assert.equal(typeof line?.["refused"], "string");
      assert.equal(line?.["path"], path.split("?")[0]);
    });
  }

  const malformed: readonly (readonly [what: string, path: string, status: number])[] = [
    ["a boolean that is none", `${base}&recursive=yes`, 422],
    ["no environment", `/api/v3/secrets/raw?workspaceId=${projectId}`, 400],
    ["no project", "/api/v3/secrets/raw?environment=staging", 400],
    ["a name that is no URL", "/api/v3/secrets/raw/%E0%A4%A?environment=staging", 400],
  ];
  for (const [what, path, status] of malformed) {
    it(`answers ${what} with ${status}, in Infisical's form`, async () => {
      const heard = await bench.call("GET", path, { token });
      const body = JSON.parse(heard.text) as Record<string, unknown>;
      assert.deepEqual(
        [heard.status, body["statusCode"], typeof body["reqId"], typeof body["error"]],
        [status, status, "string", "string"],
      );
      if (status === 422) assert.ok(Array.isArray(body["message"]));
      assert.equal((await bench.log()).at(-1)?.["refused"], undefined);
    });
  }

  it("counts changes as writes, and shows names but no values in its log", async () => {
    const sdk = await bench.login();
    await sdk.secrets().createSecret("API_KEY", { projectId, environment: "staging", secretValue: "canary-value" });
    await sdk.secrets().listSecrets({ projectId, environment: "staging" });
    await refusal(sdk.secrets().createSecret("API_KEY", { projectId, environment: "staging", secretValue: "canary-value" }));
    const lines = (await bench.log()).slice(2);
    assert.deepEqual(
      lines.map(({ method, path, status, write }) => [method, path, status, write]),
      [
        ["POST", "/api/v3/secrets/raw/API_KEY", 200, true],
        ["GET", "/api/v3/secrets/raw", 200, false],
        ["POST", "/api/v3/secrets/raw/API_KEY", 400, true],
      ],
    );
    assert.equal(JSON.stringify(lines).includes("canary-value"), false);
  });

  it("has bad days: 5xx, 429 that ends, a connection that is lost once", async () => {
    const sdk = await bench.login();
    const list = (): Promise<unknown> => sdk.secrets().listSecrets({ projectId, environment: "staging" });
    await bench.control("outage", { status: 503 });
    assert.match(await refusal(list()), /StatusCode=503\] Something went wrong/);
    await bench.control("restore");
    // The SDK tries again after a second, both times.
    await bench.control("rateLimit", { retryAfterSeconds: 1, remaining: 1 });
    await list();
    await bench.control("drop", { remaining: 1, path: "/api/v3" });
    await list();
    const statuses = (await bench.log()).map((line) => line["status"]);
    assert.deepEqual(statuses.slice(2), [503, 429, 200, 0, 200]);
  });
});
