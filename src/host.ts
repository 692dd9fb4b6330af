import { readFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { buildHostBundle, type HostBundle } from "../components/platform/index.ts";
import type { Settings } from "./settings/settings.ts";

/** Below node_modules, so that nothing is ever committed. Handed on as a relative path: the state must be the same in every checkout. */
const bundleDirectory = resolve(import.meta.dirname, "../node_modules/.cache/terrace");

/** The host program and its bootstrap script, where this stack brings them to a server; otherwise there is nothing to build. */
export async function createHost(settings: Settings): Promise<{ readonly bundle: HostBundle; readonly bootstrap: string } | undefined> {
  if (settings.platform.mode === "reuse") return undefined;
  const [bundle, bootstrap] = await Promise.all([
    buildHostBundle({ outputDirectory: relative(process.cwd(), bundleDirectory) }),
    readFile(new URL("../components/platform/bootstrap.sh", import.meta.url), "utf8"),
  ]);
  return { bundle, bootstrap };
}
