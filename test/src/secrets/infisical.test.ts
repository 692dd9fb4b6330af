import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { deadlineSeconds, infisicalStore } from "../../../src/secrets/infisical.ts";
import { UserError } from "../../../src/settings/userError.ts";
import { credentials, goodDay, type Handler, listing, only, startServer, type TestServer } from "./server.ts";

const login = "/api/v1/auth/universal-auth/login";
const list = "/api/v3/secrets/raw";
const refuse = (path: string, status: number, message: unknown): Handler =>
  goodDay(only(path, { status, body: { reqId: "r", statusCode: status, message, error: "E" } }));

const fixture = join(import.meta.dirname, "readOnce.ts");

const servers: TestServer[] = [];
after(async () => {
  await Promise.all(servers.map((server) => server.close()));
});
async function serve(handler: Handler): Promise<TestServer> {
  const server = await startServer(handler);
  servers.push(server);
  return server;
}

function store(siteUrl: string): ReturnType<typeof infisicalStore> {
  return infisicalStore({ ...credentials, siteUrl }, "staging");
}

/** The message for people, its server called URL, and how long it took. Fails for an error that is none of a person's. */
async function failure(
  siteUrl: string,
  folders: readonly string[] = ["/"],
): Promise<{ readonly message: string; readonly seconds: number }> {
  const started = performance.now();
  try {
    await store(siteUrl).read(folders);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { message: error.message.replaceAll(siteUrl, "URL"), seconds: (performance.now() - started) / 1000 };
  }
  throw new Error("nothing was thrown");
}

const compare =
  "compare INFISICAL_CLIENT_ID and INFISICAL_CLIENT_SECRET with the machine identity's Universal Auth: client secret revoked, expired or used up, or this address not trusted";
const noProject = "compare INFISICAL_PROJECT_ID with the project's settings, and the environment's slug with secretStore.environment";

/** How the server behaves, and what a person reads. */
const cases: readonly (readonly [string, Handler, string])[] = [
  [
    "wrong credentials",
    refuse(login, 401, "Invalid credentials"),
    `secret store: URL refuses the credentials (status 401, "Invalid credentials"); ${compare}`,
  ],
  [
    "a used-up client secret",
    refuse(login, 401, "Access denied due to client secret usage limit reached"),
    `secret store: URL refuses the credentials (status 401, "Access denied due to client secret usage limit reached"); ${compare}`,
  ],
  [
    "an identity that is locked out",
    refuse(login, 401, "This identity auth method is temporarily locked, please try again later"),
    "secret store: URL has locked this machine identity after failed logins; wait five minutes, or unlock it under its Universal Auth; every further attempt with wrong credentials locks it again",
  ],
  [
    "a malformed client id",
    refuse(login, 422, [{ code: "invalid_string" }]),
    `secret store: URL refuses the credentials (status 422); ${compare}`,
  ],
  [
    "no access",
    refuse(list, 403, "You are not a member of this project"),
    'secret store: URL does not let this machine identity read secrets in project project-1, environment "staging" (status 403, "You are not a member of this project"); add the identity to the project with a role that may, for this environment; one identity per environment, so for another stack log in with that one\'s (sandbox: source sandbox/env staging)',
  ],
  [
    "an environment that is not there",
    refuse(list, 404, "Folder with path '/' in environment with slug 'staging' not found"),
    `secret store: URL knows no project project-1 with an environment "staging" (status 404, "Folder with path '/' in environment with slug 'staging' not found"); ${noProject}`,
  ],
  [
    "a project id that is none",
    refuse(list, 422, [{ code: "invalid_string" }]),
    `secret store: URL knows no project project-1 with an environment "staging" (status 422); ${noProject}`,
  ],
  [
    "a fault of its own",
    refuse(list, 500, "Something went wrong"),
    'secret store: URL has a fault of its own (status 500, "Something went wrong"); look at its own status page or log, then run again',
  ],
  [
    "something else behind the address",
    goodDay(only(list, { status: 200, body: "<!doctype html>" })),
    "secret store: URL answered with something that is no list of secrets; compare its address with INFISICAL_SITE_URL: is it Infisical?",
  ],
  [
    "something else that knows no login",
    refuse(login, 405, "Method not allowed"),
    'secret store: URL answered the login in a way that is not expected (status 405, "Method not allowed"); compare its address with INFISICAL_SITE_URL: is it Infisical?',
  ],
  [
    "names without values",
    goodDay(() => ({ status: 0, body: null }), {
      "/": { secrets: [{ secretKey: "A", secretValue: "<hidden-by-infisical>", secretValueHidden: true }] },
    }),
    'secret store: URL shows this machine identity names but not values in folder / (A); give its role the right "Read Value" on secrets',
  ],
];

describe("the fetch that others use", () => {
  it("is as it was after a run", async () => {
    const before = globalThis.fetch;
    const server = await serve(goodDay());
    await store(server.url).read(["/"]);
    assert.equal(globalThis.fetch, before);
  });
});

describe("Infisical on a bad day", () => {
  for (const [what, handler, message] of cases) {
    it(`${what}: ${message.slice(0, 70)}…`, async () => {
      const server = await serve(handler);
      assert.equal((await failure(server.url)).message, message);
    });
  }

  it("refuses connections: told at once", async () => {
    const server = await startServer(goodDay());
    await server.close();
    const { message, seconds } = await failure(server.url);
    assert.equal(
      message,
      "secret store: URL cannot be reached: it refuses connections; check INFISICAL_SITE_URL, the network and the server; nothing was changed anywhere",
    );
    assert.ok(seconds < 2, `${seconds} s`);
  });

  it("has a name that does not resolve", async () => {
    const { message } = await failure("https://infisical.invalid");
    assert.equal(
      message,
      "secret store: URL cannot be reached: its name does not resolve; check INFISICAL_SITE_URL, the network and the server; nothing was changed anywhere",
    );
  });

  it("takes connections and never answers: told within seconds", async () => {
    const server = await serve(() => undefined);
    const { message, seconds } = await failure(server.url);
    assert.equal(
      message,
      "secret store: URL cannot be reached: it does not answer; check INFISICAL_SITE_URL, the network and the server; nothing was changed anywhere",
    );
    assert.ok(seconds < 7, `${seconds} s`);
  });

  it("hangs in the middle: told at the deadline, and then the process ends", async function () {
    this.timeout(40_000);
    const server = await serve(goodDay(only(list, undefined)));
    const child = spawn(process.execPath, [fixture, server.url], { stdio: ["ignore", "pipe", "inherit"] });
    const [said] = await Promise.all([text(child.stdout), once(child, "exit")]);
    const { message, toldAfter, lingered } = JSON.parse(said) as { message: string; toldAfter: number; lingered: number };
    assert.equal(
      message.replaceAll(server.url, "URL"),
      `secret store: URL did not finish reading the secrets within ${deadlineSeconds} s; look at the server's load or its status page, then run again`,
    );
    assert.ok(toldAfter < deadlineSeconds + 1, `told after ${toldAfter} s`);
    // The SDK sleeps a second between tries; left to itself it would try for a minute.
    assert.ok(lingered < 4, `lingered ${lingered} s`);
  });

  it("limits requests: told within the deadline", async function () {
    this.timeout(40_000);
    const server = await serve(refuse(login, 429, "Rate limit exceeded"));
    const { message, seconds } = await failure(server.url);
    assert.match(message, /^secret store: URL limits how often it may be asked \(status 429.*; wait a minute/);
    assert.ok(seconds < deadlineSeconds + 1, `${seconds} s`);
  });

  it("never has a message with the client secret", async () => {
    for (const [, handler] of cases) {
      const server = await serve(handler);
      assert.ok(!(await failure(server.url)).message.includes(credentials.clientSecret));
    }
  });
});

describe("Infisical on a good day", () => {
  it("is logged in to once and asked once per folder", async () => {
    const server = await serve(goodDay(undefined, { "/": listing({ A: "1" }), "/shop": listing({ A: "2" }) }));
    const source = store(server.url);
    assert.deepEqual(
      await source.read(["/", "/shop"]),
      new Map([
        ["/", new Map([["A", "1"]])],
        ["/shop", new Map([["A", "2"]])],
      ]),
    );
    await source.read(["/"]);
    assert.deepEqual(server.requests, ["GET /api/status", `POST ${login}`, `GET ${list}`, `GET ${list}`, `GET ${list}`]);
  });

  it("lets the folder's own value win, then the last import", async () => {
    const server = await serve(
      goodDay(undefined, {
        "/": listing({ OWN: "own" }, [
          { OWN: "first", BOTH: "first", ONE: "first" },
          { OWN: "last", BOTH: "last" },
        ]),
      }),
    );
    const values = (await store(server.url).read(["/"])).get("/");
    assert.deepEqual(Object.fromEntries(values ?? []), { ONE: "first", BOTH: "last", OWN: "own" });
  });

  it("takes a folder that does not exist for an empty one", async () => {
    const server = await serve(
      goodDay((request) =>
        request.query.get("secretPath") === "/shop"
          ? { status: 404, body: { message: "Folder with path '/shop' in environment with slug 'staging' not found" } }
          : { status: 0, body: null },
      ),
    );
    assert.deepEqual(
      await store(server.url).read(["/", "/shop"]),
      new Map([
        ["/", new Map()],
        ["/shop", new Map()],
      ]),
    );
  });

  it("is asked for one secret by name where every folder is empty, since a listing hides why", async () => {
    const byName = `${list}/FINGERPRINT_KEY`;
    const empty = await serve(goodDay());
    assert.deepEqual(await store(empty.url).read(["/"]), new Map([["/", new Map()]]));
    assert.equal(empty.requests.at(-1), `GET ${byName}`);
    const denied = await serve(
      goodDay(only(byName, { status: 403, body: { message: "You are not allowed to describeSecret on secrets" } })),
    );
    assert.match(
      (await failure(denied.url)).message,
      /^secret store: URL does not let this machine identity read secrets in project project-1, environment "staging"/,
    );
  });

  it("may stand below a base path", async () => {
    const inner = goodDay(undefined, { "/": listing({ A: "1" }) });
    const server = await serve((request) =>
      request.path.startsWith("/vault/") ? inner({ ...request, path: request.path.slice(6) }) : { status: 404, body: {} },
    );
    assert.equal((await store(`${server.url}/vault`).read(["/"])).get("/")?.get("A"), "1");
  });
});

describe("putting values into Infisical", () => {
  const at = (name: string): string => `${list}/${name}`;
  const secret = (value: string): unknown => ({ secret: { secretKey: "A", secretValue: value, secretValueHidden: false } });
  const absent = { status: 404, body: { message: "Secret with name 'A' not found" } };
  const withSecret = (read: { status: number; body: unknown }, write: { status: number; body: unknown }): Handler =>
    goodDay((request) => (request.path !== at("A") ? { status: 0, body: null } : request.method === "GET" ? read : write));

  const puts: readonly (readonly [string, Handler, string, string])[] = [
    ["creates what is absent", withSecret(absent, { status: 200, body: secret("new") }), "written", `POST ${at("A")}`],
    [
      "replaces the place holder",
      withSecret({ status: 200, body: secret("<generate>") }, { status: 200, body: secret("new") }),
      "written",
      `PATCH ${at("A")}`,
    ],
    [
      "never overwrites a value",
      withSecret({ status: 200, body: secret("old") }, { status: 200, body: secret("new") }),
      "exists",
      `GET ${at("A")}`,
    ],
  ];
  for (const [what, handler, result, last] of puts) {
    it(what, async () => {
      const server = await serve(handler);
      assert.equal(await store(server.url).put("/", "A", "new"), result);
      assert.equal(server.requests.at(-1), last);
    });
  }

  const refusals: readonly (readonly [string, Handler, string])[] = [
    [
      "says when a value waits for approval",
      withSecret(absent, { status: 200, body: { approval: { id: "1" } } }),
      "secret store: URL holds / under an approval policy: A waits for approval; approve it in Infisical, then run again",
    ],
    [
      "says when it may not",
      withSecret(absent, { status: 403, body: { message: "You are not allowed to create on secrets" } }),
      'secret store: URL does not let this machine identity create and edit secrets in project project-1, environment "staging" (status 403, "You are not allowed to create on secrets"); add the identity to the project with a role that may, for this environment; one identity per environment, so for another stack log in with that one\'s (sandbox: source sandbox/env staging)',
    ],
    [
      "says when the folder is not there",
      withSecret(absent, { status: 404, body: { message: "Folder with path '/' in environment with slug 'staging' not found" } }),
      'secret store: URL has no folder / in environment "staging"; create it in Infisical, then run again',
    ],
  ];
  for (const [what, handler, message] of refusals) {
    it(what, async () => {
      const server = await serve(handler);
      const error = await store(server.url)
        .put("/", "A", "new")
        .then(
          () => undefined,
          (reason: unknown) => reason,
        );
      assert.ok(error instanceof UserError);
      assert.equal(error.message.replaceAll(server.url, "URL"), message);
    });
  }
});
