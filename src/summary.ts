import type { Output } from "@pulumi/pulumi";
import type { createStack } from "./stack.ts";
import type { PlannedApp } from "./plannedApp.ts";

export interface Summary {
  /** Where each app answers. */
  readonly urls: Readonly<Record<string, readonly string[]>>;
  /** What the host said of each rollout. */
  readonly releases: Readonly<Record<string, Output<unknown>>>;
  /** The host's sentence on the platform, whose items the log of `up` lists; absent where another stack keeps it. */
  readonly platform: Output<unknown> | undefined;
}

/** What `pulumi stack output` shows. */
export function summary(apps: readonly PlannedApp[], stack: Awaited<ReturnType<typeof createStack>>): Summary {
  return {
    urls: Object.fromEntries(
      apps.map(({ name, settings }) => [name, settings.routes.map(({ host, pathPrefix }) => `https://${host}${pathPrefix}`)]),
    ),
    releases: Object.fromEntries(Object.entries(stack.apps).map(([name, app]) => [name, app.result.apply(parsed)])),
    platform: stack.platform.result?.apply((line) => sentence(parsed(line)) ?? line),
  };
}

/** The host's line of JSON; text that is none is shown as it is, since outputs are for people. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

function sentence(result: unknown): string | undefined {
  return typeof result === "object" && result !== null && "what" in result && typeof result.what === "string" ? result.what : undefined;
}
