import { execa } from "execa";
import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { checkoutDirectory } from "./shared/paths.ts";
import type { Slot } from "./slot.ts";

/**
 * Makes a stack in the slot's backend unless it is there, so that `pulumi preview --stack test` works after `source sandbox/env test`. Which
 * stack is selected stays as it was. `environment` is what `sandbox/env` exports.
 */
export async function makeStack(slot: Pick<Slot, "directory">, stack: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const backend = join(slot.directory, "pulumi");
  await mkdir(backend, { recursive: true });
  if (existsSync(stackFile(backend, stack))) return;
  await execa("pulumi", ["stack", "init", stack, "--no-select", "--non-interactive"], {
    cwd: checkoutDirectory,
    env: environment,
    stdin: "ignore",
  });
}

/** Where the file backend keeps a stack's state (Pulumi's `pkg/backend/diy`, projects since 3.61). */
function stackFile(backend: string, stack: string): string {
  const { name } = z.looseObject({ name: z.string() }).parse(parse(readFileSync(join(checkoutDirectory, "Pulumi.yaml"), "utf8")));
  return join(backend, ".pulumi", "stacks", name, `${stack}.json`);
}
