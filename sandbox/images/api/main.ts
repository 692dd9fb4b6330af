/** The container's program: `node main.cjs`. Exits with 78 on faulty settings, with 3 in the build that exits on purpose. */
import { join } from "node:path";
import { log, startApi } from "./server.ts";
import { readSettings, SettingsError } from "./settings.ts";
import { readVersion } from "./version.ts";

async function main(): Promise<void> {
  const version = readVersion(process.env["TRUEALPHA_VERSION_FILE"] ?? join("/app", "version.json"));
  if (version.mode === "exits") {
    log("this build exits on purpose", { version: version.version, exitCode: 3 });
    process.exitCode = 3;
    return;
  }
  const api = await startApi(readSettings(process.env), version);
  log("listening", { port: api.port, version: version.version, release: process.env["TERRACE_RELEASE"] ?? null });
  let asked = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (asked) return;
    asked = true;
    log("stopping", { signal });
    api.stop().then(
      () => {
        log("stopped");
        process.exit(0);
      },
      (error: unknown) => {
        log("error", { error: String(error) });
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

main().catch((error: unknown) => {
  if (error instanceof SettingsError) process.stderr.write(`${error.faults.map((fault) => `settings: ${fault}`).join("\n")}\n`);
  else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = error instanceof SettingsError ? 78 : 1;
});
