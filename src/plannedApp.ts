import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type AppPlan, planApp } from "../components/app/index.ts";
import { instanceName } from "../contract/index.ts";
import type { Fault } from "../components/shared/fault.ts";
import { readConfig } from "./settings/appFiles.ts";
import { faultsError, type ResolvedApp, type Settings } from "./settings/index.ts";

export interface PlannedApp {
  readonly name: string;
  readonly instance: string;
  readonly settings: ResolvedApp;
  readonly plan: Extract<AppPlan, { kind: "ready" }>;
}

/**
 * Plans every app of the stack. What people can get wrong in one has been told with the settings' own faults (`rules/compose.ts`); a fault that
 * is found only here is still told as one.
 */
export function planApps({ apps, environment, data }: Settings): readonly PlannedApp[] {
  const faults: Fault[] = [];
  const planned = Object.entries(apps).flatMap(([name, settings]) => {
    const plan = planOne(name, { environment, data }, settings);
    if (plan.kind === "ready") return [{ name, instance: instanceName(name, environment), settings, plan }];
    faults.push(...plan.faults);
    return [];
  });
  if (faults.length > 0) throw faultsError("apps", faults);
  return planned;
}

function planOne(name: string, { environment, data }: Pick<Settings, "environment" | "data">, app: ResolvedApp): AppPlan {
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
    data,
  });
}
