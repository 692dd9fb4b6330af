import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type AppPlan, planApp } from "../components/app/index.ts";
import { instanceName } from "../contract/index.ts";
import type { Fault } from "../components/shared/fault.ts";
import { faultsError, type ResolvedApp, type Settings } from "./settings/index.ts";

export interface PlannedApp {
  readonly name: string;
  readonly instance: string;
  readonly settings: ResolvedApp;
  readonly plan: Extract<AppPlan, { kind: "ready" }>;
}

/** Plans every app of the stack. Throws one UserError with the faults of all of them. */
export function planApps({ apps, environment }: Settings): readonly PlannedApp[] {
  const faults: Fault[] = [];
  const planned = Object.entries(apps).flatMap(([name, settings]) => {
    const plan = planOne(name, environment, settings);
    if (plan.kind === "ready") return [{ name, instance: instanceName(name, environment), settings, plan }];
    faults.push(...plan.faults);
    return [];
  });
  if (faults.length > 0) throw faultsError("apps", faults);
  return planned;
}

function planOne(name: string, environment: string, app: ResolvedApp): AppPlan {
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
