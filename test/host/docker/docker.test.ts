import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, globalAgent } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerAt } from "../../../host/docker/docker.ts";
import type { Docker } from "../../../host/docker/docker.ts";
import { image } from "../fixtures.ts";

/** What this client makes of a daemon's answers, good and bad. That a real daemon answers so is shown on the servers, not here. */
describe("host/docker", () => {
  let directory: string;
  let server: Server;
  let docker: Docker;
  let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;
  let seen: {
    readonly method: string | undefined;
    readonly url: string;
    readonly headers: IncomingMessage["headers"];
    readonly body: string;
  }[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "terrace-docker-"));
    seen = [];
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks).toString();
        seen.push({ method: request.method, url: decodeURIComponent(request.url ?? ""), headers: request.headers, body });
        answer(request, response, body);
      });
    });
    server.listen(join(directory, "docker.sock"));
    await once(server, "listening");
    docker = dockerAt(join(directory, "docker.sock"));
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true });
  });

  const reply =
    (status: number, body: unknown) =>
    (_request: IncomingMessage, response: ServerResponse): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(typeof body === "string" ? body : JSON.stringify(body));
    };

  it("speaks a fixed version of the API", async () => {
    answer = reply(200, { Version: "26.1.5", Os: "linux", Arch: "amd64" });
    assert.deepEqual(await docker.version(), { version: "26.1.5", os: "linux", architecture: "amd64" });
    assert.equal(seen[0]?.url, "/v1.44/version");
  });

  it("says that Docker does not answer where nobody listens", async () => {
    await assert.rejects(dockerAt(join(directory, "nobody.sock")).version(), {
      name: "Failure",
      outcome: "aborted",
      code: "docker_unreachable",
      message: `Docker does not answer on ${join(directory, "nobody.sock")} (ENOENT)`,
    });
  });

  it("tells absent from broken", async () => {
    answer = reply(404, { message: "No such container: x" });
    assert.equal(await docker.container("x"), undefined);
    assert.equal(await docker.network("x"), undefined);
    assert.equal(await docker.volume("x"), undefined);
    assert.equal(await docker.image(image("api")), undefined);
    answer = reply(500, { message: "the disk is on fire" });
    await assert.rejects(docker.container("x"), { name: "DockerError", status: 500, message: "the disk is on fire" });
    answer = reply(502, "<html>");
    await assert.rejects(docker.image(image("api")), { name: "DockerError", status: 502, message: "<html>" });
  });

  it("does not go on with an answer of a form that it does not know", async () => {
    answer = reply(200, { Id: 7 });
    await assert.rejects(
      docker.container("x"),
      /^Error: Docker's answer to GET \/containers\/x\/json has another form than expected: Id: /,
    );
  });

  it("asks for an image by its digest alone", async () => {
    answer = reply(404, { message: "no such image" });
    await docker.image(image("api", "c"));
    assert.equal(seen[0]?.url, `/v1.44/images/registry.example.com/shop/api@sha256:${"c".repeat(64)}/json`);
  });

  it("gives credentials to the one request that needs them, and nowhere else", async () => {
    answer = (_request, response) => {
      const line = (value: unknown): boolean => response.write(`${JSON.stringify(value)}\n`);
      line({ status: "Pulling from shop/api", id: "sha256:abc" });
      line({ status: "Pulling fs layer", id: "0123456789ab" });
      line({ status: "Already exists", id: "ba9876543210" });
      line({ status: "Pull complete", id: "0123456789ab" });
      response.end();
    };
    const progress: string[] = [];
    await docker.pull(image("api"), { username: "ann", password: "s3cret/+?" }, (done, known) => progress.push(`${done}/${known}`));
    const [call] = seen;
    assert.ok(call);
    assert.equal(call.url, `/v1.44/images/create?fromImage=registry.example.com/shop/api&tag=sha256:${"a".repeat(64)}`);
    assert.deepEqual(JSON.parse(Buffer.from(String(call.headers["x-registry-auth"]), "base64url").toString()), {
      username: "ann",
      password: "s3cret/+?",
      serveraddress: "registry.example.com",
    });
    assert.equal(call.body, "");
    assert.deepEqual(progress, ["0/1", "1/2", "2/2"]);
    await docker.pull(image("api"), undefined, () => undefined);
    assert.equal(seen[1]?.headers["x-registry-auth"], undefined);
  });

  for (const [what, respond] of [
    ["before the stream", reply(404, { message: "manifest for x not found: manifest unknown" })],
    ["within the stream", reply(200, '{"status":"Pulling"}\n{"errorDetail":{"message":"manifest unknown"},"error":"manifest unknown"}\n')],
  ] as const) {
    it(`sees a pull fail ${what}`, async () => {
      answer = respond;
      await assert.rejects(
        docker.pull(image("api"), undefined, () => undefined),
        { name: "Failure", outcome: "aborted", code: "image_not_found" },
      );
    });
  }

  describe("does not wait for ever", () => {
    beforeEach(() => (docker = dockerAt(join(directory, "docker.sock"), 0.05)));

    it("for a daemon that takes a question and says nothing", async () => {
      answer = () => undefined;
      await assert.rejects(docker.container("c1"), {
        name: "Failure",
        code: "docker_unreachable",
        message: "Docker said nothing to GET /containers/c1/json for 0.05 s",
      });
    });

    it("for one that stops in the middle of its answer", async () => {
      answer = (_request, response) => response.writeHead(200, { "content-length": "100" }).write("{");
      await assert.rejects(docker.version(), { code: "docker_unreachable", message: "Docker said nothing to GET /version for 0.05 s" });
    });

    it("for a registry that takes a connection and sends nothing", async () => {
      answer = (_request, response) => response.writeHead(200).write('{"status":"Pulling"}\n');
      await assert.rejects(
        docker.pull(image("api"), undefined, () => undefined),
        { name: "Failure", code: "registry_unreachable", message: `${image("api")}: i/o timeout: nothing came for 0.05 s` },
      );
    });

    it("except for events, and for a container that has its grace", async () => {
      answer = (_request, response) => void setTimeout(() => response.writeHead(204).end(), 200);
      await docker.stop("c1");
      // Node's own agent gives new sockets a time-out of five seconds; the types do not know where it stands.
      const { options } = globalAgent as unknown as { readonly options: { timeout?: number } };
      const { timeout = 0 } = options;
      options.timeout = 50;
      globalAgent.destroy();
      try {
        answer = (_request, response) => {
          response.writeHead(200).flushHeaders();
          setTimeout(() => response.end('{"Type":"container","Action":"die","Actor":{"ID":"c1"}}\n'), 200);
        };
        const actions: string[] = [];
        for await (const { action } of (await docker.subscribe({ a: "b" })).events) actions.push(action);
        assert.deepEqual(actions, ["die"]);
      } finally {
        options.timeout = timeout;
      }
    });
  });

  for (const [what, ask] of [
    ["an answer", () => docker.version()],
    ["a pull", () => docker.pull(image("api"), undefined, () => undefined)],
  ] as const) {
    it(`says that Docker does not answer when it goes away in the middle of ${what}`, async () => {
      answer = (_request, response) => {
        response.writeHead(200).write('{"status":"Pulling"}\n');
        setImmediate(() => response.destroy());
      };
      await assert.rejects(ask(), { name: "Failure", code: "docker_unreachable" });
    });
  }

  it("follows events until the daemon ends them or we do", async () => {
    const responses: ServerResponse[] = [];
    answer = (_request, response) => {
      responses.push(response);
      response.writeHead(200).flushHeaders();
    };
    const subscription = await docker.subscribe({ "dev.terrace.instance": "shop-prod" });
    assert.match(seen[0]?.url ?? "", /"label":\["dev\.terrace\.instance=shop-prod"\]/);
    const event = { Type: "container", Action: "health_status: healthy", Actor: { ID: "c1", Attributes: { a: "b" } } };
    responses[0]?.write(JSON.stringify(event).slice(0, 20));
    responses[0]?.write(`${JSON.stringify(event).slice(20)}\n`);
    const events = subscription.events[Symbol.asyncIterator]();
    assert.deepEqual((await events.next()).value, { id: "c1", action: "health_status: healthy", labels: { a: "b" } });
    responses[0]?.end();
    assert.equal((await events.next()).done, true);
  });

  it("shows a container as the program reasons about it", async () => {
    answer = reply(200, {
      Id: "c1",
      Name: "/shop-prod-blue-api-1",
      Image: "sha256:1",
      RestartCount: 2,
      State: {
        Status: "restarting",
        Running: true,
        Restarting: true,
        OOMKilled: true,
        ExitCode: 137,
        Pid: 0,
        Error: "",
        StartedAt: "2026-11-21T10:00:00Z",
        FinishedAt: "2026-11-21T10:00:01Z",
        Health: {
          Status: "unhealthy",
          Log: [
            { Start: "s", End: "e", ExitCode: 1, Output: "refused\n" },
            { Start: "s", End: "f", ExitCode: 0, Output: "" },
          ],
        },
      },
      Config: { Image: image("api"), Labels: null, Healthcheck: { Test: ["CMD", "true"] } },
      HostConfig: { RestartPolicy: { Name: "no" } },
      NetworkSettings: { Networks: { bridge: { Aliases: null }, "shop-prod-data": { Aliases: ["api"] } } },
    });
    const container = await docker.container("c1");
    assert.deepEqual(
      {
        name: container?.name,
        running: container?.running,
        health: container?.health,
        log: container?.healthLog,
        restarts: container?.restarts,
        networks: container?.networks,
      },
      {
        name: "shop-prod-blue-api-1",
        running: false,
        health: "unhealthy",
        log: ["e exit 1: refused", "f exit 0"],
        restarts: 2,
        networks: { bridge: [], "shop-prod-data": ["api"] },
      },
    );
  });
});
