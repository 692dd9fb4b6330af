import assert from "node:assert/strict";
import { InfisicalSDK } from "@infisical/sdk";
import { Bench, identities, projectId, refusal } from "./bench.ts";

const list = { projectId, environment: "staging" };

describe("Infisical emulator: universal auth, with the real SDK", () => {
  let bench: Bench;
  let now: number;
  beforeEach(async () => {
    now = Date.now();
    bench = await Bench.create({ now: () => now });
  });
  afterEach(() => bench.close());

  it("logs in, trimming what was pasted, and answers as upstream does", async () => {
    const sdk = await bench.login();
    assert.deepEqual((await sdk.secrets().listSecrets(list)).secrets, []);
    const [identity] = identities;
    const heard = await bench.call("POST", "/api/v1/auth/universal-auth/login", {
      body: { clientId: ` ${identity?.clientId}\n`, clientSecret: `${identity?.clientSecret}\n` },
    });
    const { accessToken, ...rest } = JSON.parse(heard.text) as Record<string, unknown>;
    assert.match(String(accessToken), /^ey[\w-]+\.ey[\w-]+\.[\w-]+$/);
    assert.deepEqual(rest, { expiresIn: 2_592_000, accessTokenMaxTTL: 2_592_000, tokenType: "Bearer" });
  });

  it("refuses wrong credentials, and locks after three of them for five minutes, right ones included", async () => {
    assert.equal(await refusal(bench.login("staging", "wrong")), "[Method=POST] [StatusCode=401] Invalid credentials");
    const stranger = new InfisicalSDK({ siteUrl: bench.siteUrl }).auth().universalAuth.login({ clientId: "nobody", clientSecret: "x" });
    assert.equal(await refusal(stranger), "[Method=POST] [StatusCode=401] Invalid credentials");
    await refusal(bench.login("staging", "wrong"));
    await refusal(bench.login("staging", "wrong"));
    const locked = "[Method=POST] [StatusCode=401] This identity auth method is temporarily locked, please try again later";
    assert.equal(await refusal(bench.login("staging")), locked);
    await bench.login("prod");
    now += 299_000;
    assert.equal(await refusal(bench.login("staging")), locked);
    now += 2000;
    await bench.login("staging");
  });

  it("forgets failures after thirty seconds, and after a success", async () => {
    for (let round = 0; round < 2; round += 1) {
      await refusal(bench.login("staging", "wrong"));
      await refusal(bench.login("staging", "wrong"));
      await bench.login("staging");
    }
    await refusal(bench.login("staging", "wrong"));
    await refusal(bench.login("staging", "wrong"));
    now += 31_000;
    await refusal(bench.login("staging", "wrong"));
    await bench.login("staging");
  });

  it("ends tokens when their time is over, also over a restart; a renewed one lives on within its limit", async () => {
    await bench.close();
    bench = await Bench.create({ now: () => now, limits: { accessTokenSeconds: 100, accessTokenMaxSeconds: 250 } });
    const sdk = await bench.login();
    now += 90_000;
    await bench.bounce();
    const again = new InfisicalSDK({ siteUrl: bench.siteUrl }).auth().accessToken(sdk.auth().getAccessToken() ?? "");
    await again.secrets().listSecrets(list);
    const renewed = await again.auth().universalAuth.renew();
    now += 90_000;
    await renewed.secrets().listSecrets(list);
    assert.match(await refusal(renewed.auth().universalAuth.renew()), /StatusCode=401\] .*past its Max TTL/);
    now += 11_000;
    assert.equal(
      await refusal(renewed.secrets().listSecrets(list)),
      "[Method=GET] [StatusCode=403] Your token has expired. Please re-authenticate.",
    );
  });

  it("refuses no token, a forged one and one that was revoked", async () => {
    const sdk = await bench.login();
    const token = sdk.auth().getAccessToken() ?? "";
    const path = `/api/v3/secrets/raw?workspaceId=${projectId}&environment=staging`;
    const errorOf = async (header: string | null): Promise<unknown> => {
      const heard = await bench.call("GET", path, { token: header });
      const { statusCode, error } = JSON.parse(heard.text) as Record<string, unknown>;
      return [heard.status, statusCode, error];
    };
    assert.deepEqual(await errorOf(null), [401, 401, "UnauthorizedError"]);
    assert.deepEqual(await errorOf("nonsense"), [403, 403, "TokenError"]);
    const [header, payload] = token.split(".");
    const other = Buffer.from(
      JSON.stringify({ ...(JSON.parse(Buffer.from(payload ?? "", "base64url").toString()) as object), exp: 9e9 }),
    ).toString("base64url");
    assert.deepEqual(await errorOf(`${header}.${other}.${token.split(".")[2]}`), [403, 403, "TokenError"]);
    await bench.control("expire");
    assert.deepEqual(await errorOf(token), [401, 401, "UnauthorizedError"]);
  });

  it("can be locked and unlocked by a switch", async () => {
    await bench.control("lock", { environment: "prod" });
    assert.match(await refusal(bench.login("prod")), /temporarily locked/);
    await bench.control("unlock", { environment: "prod" });
    await bench.login("prod");
    await assert.rejects(bench.control("lock", { environment: "moon" }), /no machine identity for "moon"/);
  });

  it("logs no secret and counts no login as a write", async () => {
    await bench.login();
    await refusal(bench.login("staging", "wrong-guess"));
    const lines = await bench.log();
    assert.deepEqual(
      lines.map(({ method, path, status, write }) => [method, path, status, write]),
      [
        ["POST", "/api/v1/auth/universal-auth/login", 200, false],
        ["POST", "/api/v1/auth/universal-auth/login", 401, false],
      ],
    );
    for (const secret of [...identities.map((identity) => identity.clientSecret), "wrong-guess"])
      assert.equal(JSON.stringify(lines).includes(secret), false);
  });
});
