import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type AppPlan, planApp } from "../components/app/index.ts";
import { instanceName } from "../contract/index.ts";
import type { ResolvedApp } from "./settings/settings.ts";

export interface PlannedApp {
  readonly name: string;
  readonly instance: string;
  readonly settings: ResolvedApp;
  readonly plan: Extract<AppPlan, { kind: "ready" }>;
}

/** Plans an app from its files and the stack's settings. Faults come back, so that those of all apps can be told together. */
export function planStackApp(name: string, environment: string, app: ResolvedApp): AppPlan {
  const { directory, secrets, app: checks } = app.files;
  return planApp({
    instance: instanceName(name, environment),
    directory: `apps/${name}`,
    compose: readFileSync(join(directory, "compose.yaml"), "utf8"),
    config: readConfig(join(directory, "config")),
    images: app.images,
    variables: Object.entries(secrets.variables).map(([variable, { services, deliver }]) => ({ name: variable, services, deliver })),
    environment: app.environment,
    routes: app.routes,
    releaseEcho: checks.releaseEcho,
    smoke: checks.smoke,
    strategy: { kind: "blue-green", ...app.strategy },
  });
}

/** Text files below `config/`, by path. An app without the folder has none. */
function readConfig(directory: string): Record<string, string> {
  const entries = (() => {
    try {
      return readdirSync(directory, { recursive: true, withFileTypes: true });
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
      throw error;
    }
  })();
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(files.sort().map((file) => [file.slice(directory.length + 1), readFileSync(file, "utf8")]));
}
