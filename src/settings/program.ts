import * as pulumi from "@pulumi/pulumi";
import type { Fault } from "./fault.ts";
import { resolveSettings } from "./resolve.ts";
import type { Settings } from "./settings.ts";
import { checkoutRoot, defaultProviderFaults } from "./stackFile.ts";

/**
 * The settings of the stack that Pulumi runs. Throws one UserError with every fault of the stack file and of the files it names.
 * This is the only place that reads Pulumi's configuration.
 */
export function loadSettings(root: string = checkoutRoot): Settings {
  const project = pulumi.getProject();
  const config = new pulumi.Config();
  const names = Object.keys(pulumi.runtime.allConfig()).filter((key) => key.startsWith(`${project}:`));
  const raw: Record<string, unknown> = {};
  for (const key of names) {
    const name = key.slice(project.length + 1);
    raw[name] = parse(config.require(name));
  }
  return resolveSettings({ project, stack: pulumi.getStack(), raw, root, faults: providerFaults() });
}

/** The engine hands mappings and lists over as JSON, and plain text as it stands. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function providerFaults(): readonly Fault[] {
  const text = pulumi.runtime.allConfig()["pulumi:disable-default-providers"];
  return defaultProviderFaults(text === undefined ? undefined : parse(text));
}
