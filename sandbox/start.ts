/**
 * `npm start`: from a fresh clone to a running release. Brings up the sandbox, builds and pushes the demo's images, puts Pulumi in place and
 * runs `pulumi up` of the staging stack, for real. Does again only what is not done; asks nothing.
 */
import { join } from "node:path";
import pico from "picocolors";
import { beginGoTools } from "../toolchain/goTool.ts";
import { inForeground } from "./foreground.ts";
import { publishImages } from "./images/publish.ts";
import { type SandboxHandle, shellOutput, upSandbox } from "./index.ts";
import { pulumiEnvironment } from "./pulumiEnvironment.ts";
import { checkoutDirectory } from "./shared/paths.ts";
import { step } from "./shared/step.ts";
import { lockWords } from "./stackLock.ts";

const stack = "staging";
const started = performance.now();

beginGoTools();
const environmentOf = (sandbox: SandboxHandle): Promise<Record<string, string>> => pulumiEnvironment(sandbox, stack);
const sandbox = await upSandbox().catch((error: unknown) => {
  process.stderr.write(`\n !  ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
const [environment] = await Promise.all([
  step("Pulumi's engine and plugins", () => environmentOf(sandbox)),
  step("images of the demo, built and pushed", () => publishImages(sandbox, join(checkoutDirectory, "image-digests.json"))),
]);

await pulumi("stack", "select", "--create", stack);
await pulumi("up", "--stack", stack, "--yes", "--skip-preview");
await farewell();

/** Runs the command line on this terminal, so that a person sees what the engine shows. */
async function pulumi(...args: string[]): Promise<void> {
  const options = { cwd: checkoutDirectory, env: environment };
  const { exitCode, interrupted } = await inForeground("pulumi", args, options, {
    first: "Stopping: Pulumi begins nothing new and waits for what is under way (up to a minute). Ctrl-C again breaks it off",
    again: "Breaking Pulumi off; what it has begun on the server goes on there",
  });
  if (exitCode === 0) return;
  const lock = await lockWords(join(sandbox.slot.directory, "pulumi"), stack);
  const how = interrupted ? `was stopped (exit code ${exitCode})` : `ended with ${exitCode}`;
  process.stderr.write(
    `\n !  pulumi ${args[0] ?? ""} ${how}; what ran before still runs. ${lock === undefined ? "" : `\n !  ${lock}\n    After that `}"npm start" goes on from here.\n`,
  );
  process.exit(interrupted ? 130 : exitCode);
}

async function farewell(): Promise<void> {
  const status = await shellOutput(sandbox.server(stack), "/opt/terrace/bin/terrace status");
  const query = '{ health release postgres { version rows } redis { counter } job(word: \\"hello\\") { state result } }';
  const host = `api.${stack}.${sandbox.seed.domain}`;
  const next = [
    [`source sandbox/env && pulumi preview -s ${stack} --diff`, "no change, and no connection to the server"],
    [`npm run images -- push truealpha/api:v2 --digests && pulumi up -s ${stack}`, "builds v2 and releases it (after the line above)"],
    ["npm run sandbox -- break edge outage", "a bad day at the edge, until `npm run sandbox -- break edge restore`"],
  ] as const;
  const width = Math.max(...next.map(([command]) => command.length));
  process.stdout.write(`
${status}

${pico.bold("It answers:")}
  curl -sS --cacert ${sandbox.slot.caCertificate} --resolve ${host}:443:${sandbox.slot.edgeLoopback} \\
    --json '{"query":"${query}"}' https://${host}/graphql

${pico.bold("Three things to try next:")}
${next.map(([command, effect]) => `  ${command.padEnd(width)}   # ${effect}`).join("\n")}

Done in ${((performance.now() - started) / 1000).toFixed(0)} s.
`);
}
