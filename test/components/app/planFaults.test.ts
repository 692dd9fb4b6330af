import assert from "node:assert/strict";
import { planApp } from "../../../components/app/plan.ts";
import { pinned, shop, shopCompose } from "./shop.ts";

function faults(change: Parameters<typeof shop>[0]): string[] {
  const result = planApp(shop(change));
  assert.equal(result.kind, "faulty", "expected faults");
  return result.faults.map(({ path, message }) => `${path}: ${message}`);
}

describe("what cannot be rolled out is refused, with its reason", () => {
  const api = (yaml: string): string => shopCompose.replace("    command: [serve, --port, 8000]", `    command: [serve]\n    ${yaml}`);
  const tmpfs = (written: string): string => shopCompose.replace("tmpfs: /tmp:size=64m", `tmpfs: ${written}`);
  const cases: readonly [string, Parameters<typeof shop>[0], RegExp][] = [
    ["host ports", { compose: api('ports: ["80:80"]') }, /compose\.yaml: services\.api\.ports: publishes on the host past the ingress/],
    ["container names", { compose: api("container_name: x") }, /services\.api\.container_name: is one name for two colours/],
    ["network modes", { compose: api("network_mode: host") }, /services\.api\.network_mode: leaves the instance's own networks/],
    ["builds", { compose: api("build: .") }, /services\.api\.build: builds on the server; build in CI and promote the digest/],
    ["extends", { compose: api("extends: x") }, /services\.api\.extends: depends on a file that the release does not hold/],
    ["env files", { compose: api("env_file: .env") }, /services\.api\.env_file: is read by a parser that mangles quotes/],
    ["restart policies", { compose: api("restart: always") }, /services\.api\.restart: is part of the switch/],
    ["privilege", { compose: api("privileged: true") }, /services\.api\.privileged: gives the container the host/],
    ["capabilities over the host", { compose: api("cap_add: [CHOWN, SYS_ADMIN]") }, /services\.api\.cap_add: SYS_ADMIN would reach past/],
    [
      "keys it does not know",
      { compose: api("oom_score_adj: 5") },
      /services\.api\.oom_score_adj: is not a setting here, got 5; remove it; known here: x-terrace, image, /,
    ],
    [
      "signals that are none",
      { compose: api("stop_signal: SIGNOPE") },
      /services\.api\.stop_signal: must be "SIGHUP" or .*, got "SIGNOPE"; /,
    ],
    [
      "a grace of years",
      { compose: api("stop_grace_period: 9999999999h") },
      /services\.api\.stop_grace_period: must be at most 24h, got "9999999999h"; write a shorter one/,
    ],
    [
      "limits upside down",
      { compose: api("ulimits: {nofile: {soft: 2, hard: 1}}") },
      /services\.api\.ulimits\.nofile: soft must be at most hard, got \{"soft":2,"hard":1\}; -1 is no limit/,
    ],
    [
      "a mount over the image",
      { compose: tmpfs("/") },
      /services\.api\.tmpfs\.target: must be an absolute path below \/, without .*, got "\/"; /,
    ],
    ["two mounts in one place", { compose: tmpfs("/srv/uploads") }, /services\.api\.tmpfs\.target: is the target of another mount/],
    [
      "a grace without a unit",
      { compose: api('stop_grace_period: "60"') },
      /services\.api\.stop_grace_period: must be a duration, got "60"; write it as "90s" or "1m30s"/,
    ],
    [
      "a size that Compose would not read",
      { compose: shopCompose.replace("memory: 4g", "memory: 4 GB") },
      /services\.api\.deploy\.resources\.limits\.memory: must be a size with a unit, got "4 GB"; write it as "512m"/,
    ],
    [
      "no replica, where it is written",
      { compose: shopCompose.replace("replicas: 2", "replicas: 0") },
      /services\.api\.deploy\.replicas: must be from 1 to 32, got 0; for example 2/,
    ],
    [
      "processors that are no number",
      { compose: shopCompose.replace('cpus: "2.0"', "cpus: two") },
      /services\.api\.deploy\.resources\.limits\.cpus: must be a number of processors, such as 0\.5, got "two"/,
    ],
    [
      "a limit that is written twice, and not alike",
      { compose: api("mem_limit: 1g") },
      /services\.api\.mem_limit: is "1g", and deploy\.resources\.limits\.memory is "4g"; write one of the two/,
    ],
    [
      "a volume whose name no host would take",
      { compose: shopCompose.replaceAll("uploads", "my_uploads") },
      /^apps\/shop\/compose\.yaml: volumes\.my_uploads: the name must be lower case letters, .*, got "my_uploads"; choose another name$/,
    ],
    [
      "two services whose containers would answer to one name",
      { compose: shopCompose.replace("  worker:\n", "  api-2:\n") },
      /services\.api-2: container 1 would have the name of one of api; give one of them another name/,
    ],
    [
      "nothing but databases",
      {
        compose: shopCompose
          .replaceAll(/role: (?:web|worker|singleton|job)/g, "role: data")
          .replace(", migrate: {condition: service_completed_successfully}", ""),
      },
      /^apps\/shop\/compose\.yaml: services: has none that a release brings; add one with role web/,
    ],
    [
      "a mount that is not well formed, behind one that is refused",
      { compose: shopCompose.replace('["uploads:/srv/uploads",', '["/etc:/host", "uploads:/srv//uploads",') },
      /services\.api\.volumes\[1\]\.target: must be an absolute path below \/, without .*, got "\/srv\/\/uploads"/,
    ],
    [
      "a variable that no shell could set",
      { compose: shopCompose.replace("LOG_LEVEL: info", "LOG.LEVEL: info") },
      /services\.api\.environment\["LOG\.LEVEL"\]: the name must be letters, digits and underscores.*, got "LOG\.LEVEL"/,
    ],
    [
      "security options that take protection away",
      { compose: api("security_opt: [seccomp:unconfined]") },
      /services\.api\.security_opt\[0\]: must be "no-new-privileges:true", got "seccomp:unconfined"/,
    ],
    ["raw sockets", { compose: api("cap_add: [NET_RAW]") }, /services\.api\.cap_add: NET_RAW would reach past the container/],
    ["networks", { compose: `${shopCompose}\nnetworks: {x: {}}` }, /compose\.yaml: networks: are decided by the tool/],
    [
      "labels for the ingress",
      { compose: api("labels: {traefik.enable: true}") },
      /labels\.traefik\.enable: routing is never by container labels/,
    ],
    [
      "interpolation",
      { compose: api('user: "${UID}"') },
      /services\.api\.user: holds \$\{UID\}, which Compose would fill in on the server/,
    ],
    [
      "names of the host",
      { compose: api("user: x").replace("LOG_LEVEL: info", "TERRACE_RELEASE: x") },
      /environment\.TERRACE_RELEASE: names that begin with TERRACE_/,
    ],
    [
      "empty variables",
      { compose: shopCompose.replace("LOG_LEVEL: info", "LOG_LEVEL: info\n      NOTHING:") },
      /environment\.NOTHING: has no value/,
    ],
    [
      "a value for a secret",
      { compose: shopCompose.replace("DATABASE_PASSWORD:", "DATABASE_PASSWORD: x") },
      /environment\.DATABASE_PASSWORD: is in secrets\.yaml too/,
    ],
    [
      "no health check",
      { compose: shopCompose.replace('healthcheck: {test: "ping-worker"}', "init: true") },
      /services\.worker\.healthcheck: is missing/,
    ],
    [
      "a switched-off check",
      { compose: shopCompose.replace('{test: "ping-worker"}', "{test: [NONE]}") },
      /services\.worker\.healthcheck\.test: must begin with CMD/,
    ],
    [
      "no role",
      { compose: shopCompose.replace("x-terrace: {role: singleton}", "init: true") },
      /services\.beat\.x-terrace: is missing; say what the service is/,
    ],
    [
      "two writers by accident",
      { compose: shopCompose.replace("x-terrace: {overlap: safe}", "") },
      /volumes\[0\]: two colours would write the volume "uploads" at once/,
    ],
    [
      "a job that writes while the old release does, whatever it says",
      {
        compose: shopCompose
          .replace("x-terrace: {role: job}", 'x-terrace: {role: job, update: recreate}\n    volumes: ["uploads:/x"]')
          .replace("x-terrace: {overlap: safe}", ""),
      },
      /services\.migrate\.volumes\[0\]: two colours would write the volume "uploads" at once; .*\(x-terrace: \{overlap: safe\}\)$/,
    ],
    [
      "a job that stops a predecessor it does not have",
      { compose: shopCompose.replace("x-terrace: {role: job}", "x-terrace: {role: job, update: recreate}") },
      /services\.migrate\.x-terrace\.update: means nothing for a job: it runs while the old release still serves/,
    ],
    ["paths of the host", { compose: shopCompose.replace("./config/app.ini", "/etc/passwd") }, /mounts "\/etc\/passwd" of the host/],
    [
      "paths that climb out",
      { compose: shopCompose.replace("./config/app.ini", "./config/../../x") },
      /mounts "\.\/config\/\.\.\/\.\.\/x" of the host/,
    ],
    ["files that are not there", { config: {} }, /no such file: "config\/app\.ini" beside compose\.yaml/],
    ["writable release files", { compose: shopCompose.replace("app.ini:ro", "app.ini") }, /writable; a release is immutable, add :ro/],
    [
      "a web service that waits for a worker",
      { compose: shopCompose.replace("migrate: {condition", "worker: {condition") },
      /"worker" is a worker: it starts only after the switch/,
    ],
    [
      "data that waits for the app",
      { compose: shopCompose.replace("cap_add: [CHOWN", "depends_on: [api]\n    cap_add: [CHOWN") },
      /"api" belongs to a release, which comes and goes/,
    ],
    ["circles", { compose: shopCompose.replace("depends_on: [postgres]", "depends_on: [worker]") }, /is a circle: worker → worker/],
    [
      "a wait on a stateful service for something that there is not",
      { compose: shopCompose.replace("{condition: service_healthy}", "{condition: service_helthy}") },
      /services\.api\.depends_on\.postgres\.condition: must be .*, got "service_helthy"; did you mean "service_healthy"\?/,
    ],
    [
      "a wait for the end of a database",
      { compose: shopCompose.replace("{condition: service_healthy}", "{condition: service_completed_successfully}") },
      /services\.api\.depends_on: "postgres" is a stateful service and does not end/,
    ],
    [
      "a job that is waited for as if it stayed",
      { compose: shopCompose.replace("service_completed_successfully", "service_healthy") },
      /services\.api\.depends_on: "migrate" is a job: one waits for its end, got "service_healthy"/,
    ],
    [
      "a job that waits for a web service",
      { compose: shopCompose.replace("command: [migrate]", "depends_on: [api]") },
      /services\.migrate\.depends_on: "api" is a web service: those start once the jobs have ended/,
    ],
    [
      "a job that waits for a worker",
      { compose: shopCompose.replace("command: [migrate]", "depends_on: [worker]") },
      /services\.migrate\.depends_on: "worker" is a worker: it starts only after the switch, so this job would wait for ever/,
    ],
    [
      "a worker that waits for a scheduler, which changes hands beside it",
      { compose: shopCompose.replace("depends_on: [postgres]", "depends_on: [beat]") },
      /services\.worker\.depends_on: "beat" is a singleton: workers and singletons change hands side by side/,
    ],
    [
      "two schedulers",
      { compose: shopCompose.replace("x-terrace: {role: singleton}", "deploy: {replicas: 2}\n    x-terrace: {role: singleton}") },
      /deploy\.replicas: a singleton runs once, got 2/,
    ],
    [
      "an image without digest",
      { images: { ...shop().images, beat: "registry.example.com/shop/worker:1.4" } },
      /services\.beat\.image: must be pinned by digest.*got "registry/,
    ],
    [
      "a digest on the wrong service",
      { images: { ...shop().images, beat: pinned("api") } },
      /names the repository "registry\.example\.com\/shop\/worker", but the stack file pins "registry\.example\.com\/shop\/api"/,
    ],
    [
      "a tag that says another build than the stack file",
      { compose: shopCompose.replace("image: registry.example.com/shop/postgres", "image: registry.example.com/shop/postgres:16") },
      /services\.postgres\.image: names more than a repository, got "registry\.example\.com\/shop\/postgres:16"; .* write registry\.example\.com\/shop\/postgres$/,
    ],
    [
      "a service without image",
      { images: { postgres: pinned("postgres") } },
      /services\.api\.image: no digest for this service in the stack file/,
    ],
    [
      "an image without service",
      { images: { ...shop().images, old: pinned("old") } },
      /^images\.old: no such service in apps\/shop\/compose\.yaml/,
    ],
    [
      "variables for nobody",
      { variables: [{ name: "X", services: ["apo"], deliver: "env" }] },
      /secrets\.yaml: variables\.X\.services: no such service: "apo"/,
    ],
    [
      "a route to a worker",
      { routes: [{ ...shop().routes[0]!, service: "worker" }] },
      /routes\.api: "worker" is a worker; only web services take requests/,
    ],
    ["a tmpfs size in percent", { compose: tmpfs("/tmp:size=50%") }, /services\.api\.tmpfs: has the size "50%"; write a whole number/],
    ["a tmpfs size with a fraction", { compose: tmpfs("/tmp:size=1.5g") }, /services\.api\.tmpfs: has the size "1\.5g"/],
    ["a tmpfs of nothing", { compose: tmpfs("/tmp:size=0") }, /services\.api\.tmpfs: has the size "0"/],
    ["two tmpfs sizes", { compose: tmpfs("/tmp:size=1m,size=2m") }, /services\.api\.tmpfs: has more than one size/],
    [
      "options of a tmpfs that would be passed over",
      { compose: tmpfs("[/a, '/tmp:size=1m,mode=0700,uid=1000,ro']") },
      /services\.api\.tmpfs\[1\]: has options that are not known here: "mode=0700", "uid=1000", "ro"; leave them out/,
    ],
    ["a tmpfs nowhere", { compose: tmpfs("tmp:size=1m") }, /services\.api\.tmpfs: must begin with an absolute path, got "tmp:size=1m"/],
    [
      "a tmpfs that nobody could write",
      { compose: shopCompose.replace('["uploads:/srv/uploads",', "[{type: tmpfs, target: /x, read_only: true},") },
      /services\.api\.volumes\[0\]: is memory that nobody could write; leave read_only out/,
    ],
    [
      "YAML with a key twice",
      { compose: `${shopCompose}\nvolumes: {}` },
      /compose\.yaml: is not YAML in line \d+: Map keys must be unique; correct it/,
    ],
  ];
  for (const [name, change, message] of cases) {
    it(name, () => {
      const found = faults(change);
      assert.ok(
        found.some((fault) => message.test(fault)),
        `no ${String(message)} in\n${found.join("\n")}`,
      );
    });
  }

  it("all at once", () => {
    assert.equal(faults({ compose: api('ports: ["80:80"]\n    container_name: x\n    oom_score_adj: 5\n    restart: always') }).length, 4);
  });

  it("at once though their kinds differ: what a shape forbids, and what only a plan shows", () => {
    assert.deepEqual(
      faults({
        compose: api('privileged: true\n    volumes: ["/etc:/host"]').replace(
          '    volumes: ["uploads:/srv/uploads", "./config/app.ini:/etc/app.ini:ro"]\n',
          "",
        ),
      }),
      [
        "apps/shop/compose.yaml: services.api.privileged: gives the container the host; name the capability in cap_add",
        'apps/shop/compose.yaml: services.api.volumes[0]: mounts "/etc" of the host; a release mounts only its own files, ./config/FILE',
      ],
    );
  });

  it("with the value seen and what was probably meant", () => {
    const compose = shopCompose
      .replace("x-terrace: {role: singleton}", "x-terrace: {role: singelton}")
      .replace("x-terrace: {role: worker}", "x-terrace: {role: worker, updat: recreate}")
      .replace("    read_only: true\n", "    read_only: sure\n    heathcheck: *check\n")
      .replace("{overlap: safe}", "{overlap: save}");
    assert.deepEqual(faults({ compose: `${compose}\nservice: {}` }).sort(), [
      'apps/shop/compose.yaml: service: is not known here; did you mean "services"?',
      'apps/shop/compose.yaml: services.api.heathcheck: is not a setting here, got {"test":["CMD","/healthz"],"interval":"5s"}; did you mean "healthcheck"?',
      'apps/shop/compose.yaml: services.api.read_only: must be true or false, got "sure"; see docs/settings.md',
      'apps/shop/compose.yaml: services.beat.x-terrace.role: must be "web" or "worker" or "singleton" or "job" or "data", got "singelton"; did you mean "singleton"?',
      'apps/shop/compose.yaml: services.worker.x-terrace.updat: is not a setting here, got "recreate"; did you mean "update"?',
      'apps/shop/compose.yaml: volumes.uploads.x-terrace.overlap: must be "safe", got "save"; did you mean "safe"?',
    ]);
  });

  it("without what only follows from a fault that is told: a key left out is not missing, a service left out is there", () => {
    const compose = shopCompose
      .replace('healthcheck: {test: "ping-worker"}', "healthcheck: {test: 7}")
      .replace("postgres:\n    x-terrace: {role: data}", "postgres:\n    x-terrace: {role: database}");
    assert.deepEqual(
      faults({ compose }).map((fault) => fault.split(": ")[1]),
      ["services.postgres.x-terrace.role", "services.worker.healthcheck.test"],
    );
  });
});
