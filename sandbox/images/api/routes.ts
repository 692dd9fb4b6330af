import { access, constants } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import type { Events } from "./events.ts";
import { fileRoute, uploadRoute } from "./files.ts";
import { graphqlRoute } from "./graphqlRoute.ts";
import { HttpError, sendJson, type Exchange } from "./http.ts";
import type { Context } from "./schema.ts";
import { secretDigest } from "./secretDigest.ts";
import type { Settings } from "./settings.ts";

export interface App extends Context {
  readonly settings: Settings;
  readonly events: Events;
  /** True after SIGTERM. */
  readonly stopping: () => boolean;
}

interface Route {
  readonly methods: readonly string[];
  /** Exact, or everything below it when it ends with a slash. */
  readonly path: string;
  readonly answer: (exchange: Exchange, app: App) => Promise<void> | void;
}

const routes: readonly Route[] = [
  { methods: ["GET", "POST"], path: "/graphql", answer: graphql },
  { methods: ["GET", "HEAD"], path: "/healthz", answer: healthz },
  { methods: ["GET", "HEAD"], path: "/readyz", answer: readyz },
  { methods: ["GET", "HEAD"], path: "/__release", answer: release },
  { methods: ["PUT", "POST"], path: "/upload", answer: (exchange, app) => uploadRoute(exchange, app.settings.filesDirectory) },
  { methods: ["GET"], path: "/files/", answer: (exchange, app) => fileRoute(exchange, app.settings.filesDirectory) },
  { methods: ["GET"], path: "/events", answer: (exchange, app) => app.events.route(exchange) },
  { methods: ["GET"], path: "/slow", answer: slow },
  { methods: ["GET"], path: "/secret-digest", answer: digest },
  { methods: ["GET"], path: "/", answer: index },
];

/** Finds the route of a request and answers it. Rejects with HttpError for what the client did wrong. */
export async function answer(exchange: Exchange, app: App): Promise<void> {
  const { pathname } = exchange.url;
  const found = routes.find(({ path }) => pathname === path || (path !== "/" && path.endsWith("/") && pathname.startsWith(path)));
  if (found === undefined) throw new HttpError(404, `${pathname}: no such path`);
  const method = exchange.request.method ?? "GET";
  if (!found.methods.includes(method)) {
    exchange.response.setHeader("allow", found.methods.join(", "));
    throw new HttpError(405, `${pathname}: takes ${found.methods.join(", ")}, got ${method}`);
  }
  await found.answer(exchange, app);
}

async function graphql(exchange: Exchange, app: App): Promise<void> {
  if (app.version.mode === "smoke-fails") throw new HttpError(500, "this build fails its smoke test on purpose");
  await graphqlRoute(exchange, app);
}

/** The process's own health: dependencies have no say, since restarting the API does not mend a database. */
function healthz({ response }: Exchange, app: App): void {
  if (app.version.mode === "never-healthy")
    sendJson(response, 503, { status: "unhealthy", reason: "this build is never healthy on purpose" });
  else sendJson(response, 200, { status: "healthy" });
}

/** Whether a request would be answered in full: what a smoke test asks. */
async function readyz({ response }: Exchange, app: App): Promise<void> {
  const checks = {
    postgres: app.database.ping(),
    redis: app.store.ping(),
    files: access(app.settings.filesDirectory, constants.W_OK),
    ...(app.version.mode === "smoke-fails" ? { build: Promise.reject(new Error("this build fails its smoke test on purpose")) } : {}),
    ...(app.stopping() ? { process: Promise.reject(new Error("stopping")) } : {}),
  };
  const names = Object.keys(checks);
  const results = await Promise.allSettled(Object.values(checks));
  const states = results.map((result) => (result.status === "fulfilled" ? "reachable" : String(result.reason)));
  const ready = results.every((result) => result.status === "fulfilled");
  sendJson(response, ready ? 200 : app.version.mode === "smoke-fails" ? 500 : 503, {
    ready,
    checks: Object.fromEntries(names.map((name, index) => [name, states[index]])),
  });
}

/** The probe route: which release answers, as the platform named it, and which build of the image. */
function release({ response }: Exchange, app: App): void {
  const { settings, version } = app;
  response.setHeader("terrace-release", settings.release ?? "");
  sendJson(response, 200, { release: settings.release ?? null, version: version.version, host: hostname() });
}

async function slow({ response, url }: Exchange): Promise<void> {
  const text = url.searchParams.get("seconds");
  const seconds = Number(text ?? "1");
  if (text === "" || !(seconds >= 0 && seconds <= 120))
    throw new HttpError(400, `seconds: must be a number from 0 to 120, got "${String(text)}"`);
  await wait(seconds * 1000);
  sendJson(response, 200, { seconds });
}

async function digest({ response, url }: Exchange, app: App): Promise<void> {
  if (!app.settings.demo) throw new HttpError(404, "/secret-digest: no such path");
  sendJson(response, 200, await secretDigest(url.searchParams.get("name"), process.env));
}

function index({ response }: Exchange, app: App): void {
  sendJson(response, 200, {
    application: "truealpha, the demo application of Terrace",
    version: app.version.version,
    release: app.settings.release ?? null,
    paths: routes.map(({ methods, path }) => `${methods.join("|")} ${path}`),
  });
}
