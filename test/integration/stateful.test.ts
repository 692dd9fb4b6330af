import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { DataRequest, Report, Result } from "../../contract/index.ts";
import type { Call } from "./rollout/host.ts";
import { endPlatformWorld, install, platformWorld } from "./platform/world.ts";
import type { PlatformWorld } from "./platform/world.ts";
import { fingerprints, instance, ledgerRequest, ledgerSecrets as secrets } from "./support/ledger.ts";

/** Everything that quoting could get wrong; a trailing backslash last. No line break: Redis takes none in a password. */
const awkward = `a"b'c$d\\e#f \`g\` ${randomBytes(6).toString("hex")}\\`;
/** Two Redis: one that gets a password, one that gets none. */
describe("stateful services on a server", () => {
  let world: PlatformWorld;
  let redis: string;
  const on = (command: string, stdin?: string): Promise<string> => world.host.shell(command, stdin);

  const request = (change?: (it: DataRequest) => void): DataRequest => ledgerRequest(redis, change);
  const services = (it: DataRequest): Record<string, Record<string, unknown>> => it.document?.services ?? {};
  const call = (change?: (it: DataRequest) => void, entry = "data"): Promise<Call> => world.host.call(entry, request(change));
  const result = async (change?: (it: DataRequest) => void, entry = "data"): Promise<Result> => {
    const { exitCode, stdout, stderr } = await call(change, entry);
    assert.equal(exitCode, 0, stderr);
    return JSON.parse(stdout) as Result;
  };
  const report = async (line: string): Promise<Report> => {
    const number = (await on(`ls -t /var/lib/terrace/${instance}/reports | head -1`)).replace(".json", "");
    const found = JSON.parse(await on(`cat /var/lib/terrace/${instance}/reports/${number}.json`)) as Report;
    assert.ok(line.includes(found.what), `${line}\n${found.what}`);
    return found;
  };
  const containers = (): Promise<string> =>
    on(`docker ps --all --no-trunc --filter label=dev.terrace.instance=${instance} --format '{{.Names}} {{.ID}} {{.State}}' | sort`);
  const idOf = async (service: string): Promise<string> =>
    (await containers()).split("\n").find((line) => line.includes(`-${service}-`)) ?? "";
  const redisCli = (service: string, words: string): Promise<string> =>
    on(`docker exec --interactive ${instance}-data-${service}-1 redis-cli ${words}`);

  before(async () => {
    world = await platformWorld();
    await install(world);
    redis = world.images.get("truealpha/redis:8") ?? "";
    await on(
      `docker ps --all --quiet --filter label=dev.terrace.instance=${instance} | xargs --no-run-if-empty docker rm --force >/dev/null; ` +
        `docker network rm ${instance}-data 2>/dev/null; docker volume ls --quiet --filter name=^${instance}_ | xargs --no-run-if-empty docker volume rm >/dev/null; ` +
        `rm -rf /var/lib/terrace/${instance} /var/lib/terrace/secrets/${instance} /srv/terrace/data/${instance} /run/terrace/secrets/${instance}`,
    );
  });
  after(endPlatformWorld);

  it("are refused without the secrets they need, before anything is made", async () => {
    const { exitCode, lastLine } = await call();
    assert.deepEqual(
      [exitCode, lastLine],
      [10, `terrace: refused (secrets_absent): this host does not hold secret set aaaaaaaaaaaa of ${instance}; now serving nothing`],
    );
    assert.equal(
      await on(`docker network ls --quiet --filter name=${instance}-data; docker volume ls --quiet --filter name=${instance}_`),
      "",
    );
  });

  it("get their secrets sealed by systemd-creds, and the same set again changes nothing", async () => {
    const first = await world.host.result("secrets", secrets(fingerprints.first, awkward));
    assert.equal(first.outcome, "deployed");
    const file = `/var/lib/terrace/secrets/${instance}/${fingerprints.first}`;
    const before = await on(`sha256sum ${file}; stat -c '%a %U' ${file} /var/lib/terrace/secrets/${instance}`);
    assert.match(before, /^600 root\n700 root$/m);
    const again = await world.host.result("secrets", secrets(fingerprints.first, awkward));
    assert.equal(again.outcome, "unchanged");
    assert.equal(await on(`sha256sum ${file}; stat -c '%a %U' ${file} /var/lib/terrace/secrets/${instance}`), before);
    assert.doesNotMatch(`${first.what}${again.what}`, /a"b/);
  });

  it("are made with volumes and network, healthy, and with the very bytes of their secret", async () => {
    const made = await result();
    assert.equal(made.outcome, "deployed");
    assert.equal(
      made.what,
      `${instance}: network ${instance}-data made; volume ${instance}_cache made; volume ${instance}_queue made; volume ${instance}_uploads made; made cache, queue`,
    );
    const value = await on(`docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' ${instance}-data-cache-1`);
    assert.ok(value.split("\n").includes(`REDIS_PASSWORD=${awkward}`), value);
    assert.doesNotMatch(value, /not-for-redis/);
    assert.equal(
      await on(
        `docker inspect --format '{{.State.Health.Status}} {{.HostConfig.RestartPolicy.Name}} {{index .Config.Labels "dev.terrace.part"}}' ${instance}-data-cache-1 ${instance}-data-queue-1`,
      ),
      "healthy unless-stopped data\nhealthy unless-stopped data",
    );
    assert.equal(await on(`docker volume inspect --format '{{index .Labels "dev.terrace.instance"}}' ${instance}_uploads`), instance);
    await redisCli("queue", "set kept yes");
  });

  it("are not touched by the same request, however often and with a raised epoch", async () => {
    const facts = async (): Promise<string> => `${await containers()}\n${await on(`cat /var/lib/terrace/${instance}/history.jsonl`)}`;
    const before = await facts();
    for (const epoch of [1, 2]) {
      const again = await result((it) => Object.assign(it, { epoch }));
      assert.deepEqual([again.outcome, again.code], ["unchanged", "ok"]);
    }
    assert.equal(await facts(), before);
  });

  it("are made anew only where their own secret has another value", async () => {
    const queue = await idOf("queue");
    const cache = await idOf("cache");
    await world.host.result("secrets", secrets(fingerprints.second, `${awkward}2`));
    const changed = await result((it) => Object.assign(it, { secrets: fingerprints.second }));
    assert.equal(changed.what, `${instance}: made cache`);
    assert.equal(await idOf("queue"), queue);
    assert.notEqual(await idOf("cache"), cache);
    // The same value under another fingerprint: what no service gets has changed.
    const other = secrets(fingerprints.file, `${awkward}2`);
    await world.host.result("secrets", other);
    const before = await containers();
    assert.equal((await result((it) => Object.assign(it, { secrets: fingerprints.file }))).outcome, "unchanged");
    assert.equal(await containers(), before);
  });

  it("are changed one by one, with their volumes as they were", async () => {
    const cache = await idOf("cache");
    const changed = await result((it) => {
      it.secrets = fingerprints.second;
      Object.assign(services(it)["queue"] ?? {}, { environment: { REDIS_MAXMEMORY: "32mb" } });
    });
    assert.equal(changed.what, `${instance}: made queue`);
    assert.equal(await idOf("cache"), cache);
    assert.equal(await redisCli("queue", "get kept"), "yes");
    const previous = await on(
      `diff /srv/terrace/data/${instance}/compose.previous.yaml /srv/terrace/data/${instance}/compose.yaml || true`,
    );
    assert.match(previous, /^> .*REDIS_MAXMEMORY: "32mb"$/m);
    assert.equal((await result((it) => (it.secrets = fingerprints.second))).what, `${instance}: made queue`);
  });

  it("that somebody stopped are started, and one that somebody removed is made", async () => {
    await on(`docker stop ${instance}-data-cache-1; docker rm --force ${instance}-data-queue-1`);
    assert.equal((await result((it) => (it.secrets = fingerprints.second))).what, `${instance}: made queue; started cache`);
    assert.equal(await redisCli("queue", "get kept"), "yes");
  });

  it("that somebody took out of their network are in it again, by their name", async () => {
    await on(`docker network disconnect ${instance}-data ${instance}-data-queue-1`);
    const same = (it: DataRequest): string => (it.secrets = fingerprints.second);
    const tied = await result(same);
    assert.match(tied.what, /: connected queue$/);
    await on(
      `docker network disconnect ${instance}-data ${instance}-data-queue-1; docker network connect ${instance}-data ${instance}-data-queue-1`,
    );
    assert.match((await result(same)).what, /: connected queue$/);
    assert.equal((await result(same)).outcome, "unchanged");
    assert.match(await on(`docker exec ${instance}-data-cache-1 redis-cli -h queue ping`), /PONG|NOAUTH/);
  });

  it("that end at once fail the request with their own words, secrets masked", async () => {
    const failed = await call((it) => {
      it.secrets = fingerprints.second;
      const script = "printf '%s\\n' \"the password is $$REDIS_PASSWORD\" >&2; exit 3";
      Object.assign(services(it)["cache"] ?? {}, { entrypoint: ["/bin/sh", "-c", script] });
    });
    assert.equal(failed.exitCode, 20, failed.stderr);
    assert.match(
      failed.lastLine,
      new RegExp(`^terrace: aborted \\(container_exited\\): ${instance}-data-cache-1 exited with code 3 and was restarted \\d times`),
    );
    assert.match(failed.stderr, /the password is •••/);
    assert.ok(!failed.stderr.includes(awkward.slice(0, 12)), failed.stderr);
    const { evidence, images, outcome, code } = await report(failed.lastLine);
    assert.deepEqual([outcome, code, evidence[0]?.service, evidence[0]?.exitCode], ["aborted", "container_exited", "cache", 3]);
    assert.ok(evidence[0]?.log.includes("the password is •••"), JSON.stringify(evidence));
    assert.deepEqual(images, [
      { service: "cache", expected: redis, running: redis },
      { service: "queue", expected: redis, running: redis },
    ]);
  });

  it("that never get healthy fail it in time, and the repaired document puts them right", async () => {
    const failed = await call((it) => {
      it.secrets = fingerprints.second;
      it.healthTimeoutSeconds = 6;
      const healthcheck = { test: ["CMD", "false"], interval: "1s", timeout: "1s", retries: 100 };
      Object.assign(services(it)["cache"] ?? {}, { healthcheck });
    });
    assert.equal(failed.exitCode, 20, failed.stderr);
    assert.match(failed.lastLine, /\(health_timeout\): ledger-staging-data-cache-1 is running, starting .* when the time was up/);
    assert.equal((await result((it) => (it.secrets = fingerprints.second))).what, `${instance}: made cache`);
  });

  for (const [what, change, exitCode, code] of [
    [
      "an image that the registry does not have",
      (it: DataRequest) => Object.assign(services(it)["queue"] ?? {}, { image: redis.replace(/sha256:.*/, `sha256:${"0".repeat(64)}`) }),
      20,
      "image_not_found",
    ],
    [
      "an image whose own volume nothing covers",
      (it: DataRequest) =>
        Object.assign(services(it)["queue"] ?? {}, { volumes: [{ type: "volume", source: "queue", target: "/elsewhere" }] }),
      20,
      "undeclared_volume",
    ],
    [
      "a network that is not the instance's",
      (it: DataRequest) => Object.assign(it.document ?? {}, { networks: {} }),
      50,
      "malformed_request",
    ],
    ["variables that the set does not have", (it: DataRequest) => Object.assign(it.variables, { queue: ["ABSENT"] }), 10, "secrets_absent"],
    ["another owner", (it: DataRequest) => Object.assign(it.owner, { project: "somebody-else" }), 10, "owner_mismatch"],
  ] as const) {
    it(`are left alone by a request with ${what}`, async () => {
      const before = await containers();
      const failed = await call((it) => {
        it.secrets = fingerprints.second;
        change(it);
      });
      assert.deepEqual([failed.exitCode, /\((\w+)\)/.exec(failed.lastLine)?.[1], failed.stdout], [exitCode, code, ""], failed.stderr);
      assert.equal(await containers(), before);
    });
  }

  it("come back after a power cut, their data with them", async () => {
    await redisCli("queue", "set before cut");
    await on("sync");
    await world.cutPower();
    await on("systemctl start docker");
    assert.equal((await result((it) => (it.secrets = fingerprints.second))).outcome, "unchanged");
    assert.equal(await redisCli("queue", "get kept"), "yes");
  });

  it("have no secret in any file, log or command line of the host, but Docker's own record and memory", async () => {
    const forms = (value: string): string[] => [
      value,
      JSON.stringify(value).slice(1, -1),
      Buffer.from(value).toString("base64").replace(/=+$/, ""),
    ];
    const needles = [awkward, `${awkward}2`].flatMap(forms).filter((form, index, all) => all.indexOf(form) === index);
    await on("cat > /run/needles", `${needles.join("\n")}\n`);
    const places = "/etc /opt /root /srv /var/lib/terrace /var/log /home /run/terrace /tmp /var/tmp";
    // runc has the environment of a health check there while it starts it (docs/security.md).
    const except = "--exclude='runc-process*'";
    const scan = `grep --recursive ${except} --files-with-matches --fixed-strings --file=/run/needles ${places} 2>/dev/null || true`;
    await on("cp /run/needles /srv/planted");
    assert.equal(await on(scan), "/srv/planted");
    await on("rm /srv/planted");
    const journal = "journalctl --quiet --no-pager --all --output=cat | grep --count --fixed-strings --file=/run/needles || true";
    assert.equal(await on(journal), "0");
    await on("systemd-cat --identifier=planted < /run/needles; journalctl --sync");
    assert.notEqual(await on(journal), "0");
    // The line above stays in the journal: the server is the tests' own.
  });

  it("deliver files that a container reads as any user, again after a reboot, before Docker starts it", async () => {
    const set = "d".repeat(64);
    const value = `line one\n${awkward}\n`;
    const [first] = secrets(set, "x").sets;
    const app = {
      ...first,
      part: "app" as const,
      fingerprint: set,
      variables: { TOKEN: { value, onRollback: "release" as const } },
      services: [],
    };
    await world.host.result("secrets", { ...secrets(set, "x"), sets: [app] });
    const path = `/run/terrace/secrets/${instance}/${set}/TOKEN`;
    const recipe = JSON.stringify({ fingerprint: set, instance, sources: { TOKEN: set } });
    // What a rollout leaves; see host/rollout.
    await on(`cat > /var/lib/terrace/secrets/${instance}/${set}.files.json`, recipe);
    await on("/opt/terrace/current/terrace.cjs unseal");
    const hash = (await on("sha256sum", value)).slice(0, 64);
    assert.equal(await on(`sha256sum < ${path} | cut -c 1-64`), hash);
    assert.equal(await on(`stat -c %a ${path}; stat -c %a /run/terrace/secrets`), "444\n700");
    const run =
      `docker run --detach --name reader --restart unless-stopped --user 4321:4321 --entrypoint /bin/sh ` +
      `--mount type=bind,source=${path},target=/run/secrets/TOKEN,readonly ${redis} -c 'sha256sum < /run/secrets/TOKEN; sleep infinity'`;
    await on(run);
    await world.sandbox.control("servers", "reboot", { server: "platform" });
    await on("systemctl start docker");
    const order = await on(
      "systemctl show --value -p ActiveExitTimestampMonotonic -p ActiveEnterTimestampMonotonic terrace-secrets.service docker.service",
    );
    const [unsealed = 0, docker = 0] = order
      .split("\n")
      .filter((line) => /^[1-9]/.test(line))
      .map(Number);
    assert.ok(unsealed > 0 && unsealed < docker, order);
    assert.equal(
      await on("until [ $(docker logs reader | wc -l) -ge 2 ]; do sleep 0.1; done; docker logs reader | cut -c 1-64 | uniq"),
      hash,
    );
    await on("docker rm --force reader");
  });

  it("are stopped when they are retired; volumes stay and are named", async () => {
    const other = await result((it) => Object.assign(it.owner, { stack: "staging", project: "other" }), "retire-data");
    assert.deepEqual(
      [other.outcome, other.what],
      ["unchanged", `${instance} belongs to stack "staging" of project "ledger", not to "staging" of "other"; it was left as it is`],
    );
    const retired = await call((it) => (it.secrets = fingerprints.second), "retire-data");
    assert.equal(retired.exitCode, 0, retired.stderr);
    for (const volume of ["cache", "queue", "uploads"])
      assert.match(retired.stderr, new RegExp(`stays: volume ${instance}_${volume}$`, "m"));
    assert.match(retired.stderr, /stays: the platform.*: Docker, ingress, accounts, host program$/m);
    assert.equal(await containers(), "");
    assert.equal(await on(`docker network ls --quiet --filter name=${instance}-data`), "");
    assert.equal(
      await on(`docker volume ls --quiet --filter label=dev.terrace.instance=${instance} | sort`),
      ["cache", "queue", "uploads"].map((name) => `${instance}_${name}`).join("\n"),
    );
    const again = await result((it) => (it.secrets = fingerprints.second), "retire-data");
    assert.deepEqual([again.outcome, again.what], ["unchanged", `${instance} has no stateful services; nothing to retire`]);
  });

  it("find their data again when they are wanted back", async () => {
    const back = await result((it) => (it.secrets = fingerprints.second));
    assert.equal(back.what, `${instance}: network ${instance}-data made; made cache, queue`);
    assert.equal(await redisCli("queue", "get kept"), "yes");
  });

  it("whose owner record is torn are not retired: Pulumi must keep them", async () => {
    await on(`cp /var/lib/terrace/${instance}/owner.json /root/; echo torn > /var/lib/terrace/${instance}/owner.json`);
    const failed = await call(undefined, "retire-data");
    await on(`mv /root/owner.json /var/lib/terrace/${instance}/owner.json`);
    assert.deepEqual([failed.exitCode, /\((\w+)\)/.exec(failed.lastLine)?.[1]], [10, "state_unreadable"]);
    assert.match(await containers(), /cache-1 \w+ running/);
  });

  it("that the app no longer has are removed, their volumes not", async () => {
    const none = await result((it) => Object.assign(it, { document: null, variables: {}, secrets: null }));
    assert.equal(none.what, `${instance}: cache removed; queue removed`);
    assert.equal(await containers(), "");
    assert.match(await on("docker volume ls --quiet"), new RegExp(`^${instance}_queue$`, "m"));
  });
});
