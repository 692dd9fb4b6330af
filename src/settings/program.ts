import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { Fault } from "./fault.ts";
import { resolveSettings } from "./resolve.ts";
import type { Settings } from "./settings.ts";
import { checkoutRoot, defaultProviderFaults, encryptedFault, namespaceFaults } from "./stackFile.ts";

/**
 * The settings of the stack that Pulumi runs. Throws one UserError with every fault of the stack file and of the files it names.
 * This is the only place that reads Pulumi's configuration.
 */
export function loadSettings(root: string = checkoutRoot): Settings {
  const project = pulumi.getProject();
  const config = new pulumi.Config();
  const keys = Object.keys(pulumi.runtime.allConfig());
  const names = keys.filter((key) => key.startsWith(`${project}:`));
  const encrypted = encryptedKeys();
  const raw: Record<string, unknown> = {};
  const faults: Fault[] = [...providerFaults(), ...namespaceFaults(keys, project)];
  for (const key of names) {
    const name = key.slice(project.length + 1);
    if (encrypted.includes(key)) faults.push(encryptedFault(name));
    else raw[name] = parse(config.require(name));
  }
  return resolveSettings({ project, stack: pulumi.getStack(), raw, root, faults });
}

/** The engine hands mappings and lists over as JSON, and plain text as it stands. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Keys that hold a value encrypted by Pulumi, however deep. The engine tells the language host, which tells nobody but the SDK. */
function encryptedKeys(): readonly string[] {
  return z.array(z.string()).parse(JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]"));
}

function providerFaults(): readonly Fault[] {
  const text = pulumi.runtime.allConfig()["pulumi:disable-default-providers"];
  return defaultProviderFaults(text === undefined ? undefined : parse(text));
}
