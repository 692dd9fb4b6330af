import { readFile } from "node:fs/promises";
import { buildHostBundle, type HostBundle } from "../components/platform/index.ts";
import type { Settings } from "./settings/settings.ts";

/** The host program and its bootstrap script, where this stack brings them to a server; otherwise there is nothing to build. */
export async function createHost(settings: Settings): Promise<{ readonly bundle: HostBundle; readonly bootstrap: string } | undefined> {
  if (settings.platform.mode === "reuse") return undefined;
  const [bundle, bootstrap] = await Promise.all([
    // Below node_modules, so that the path in the state is the same in every checkout and nothing is ever committed.
    buildHostBundle({ outputDirectory: "node_modules/.cache/terrace" }),
    readFile(new URL("../components/platform/bootstrap.sh", import.meta.url), "utf8"),
  ]);
  return { bundle, bootstrap };
}
