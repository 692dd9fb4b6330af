/**
 * Reads the root folder of the server named on the command line, in a process of its own. Prints as JSON what it was told, after how many
 * seconds, and for how many more the process stayed alive.
 */
import { infisicalStore } from "../../../src/secrets/infisical.ts";
import { credentials } from "./server.ts";

const started = performance.now();
const seconds = (since: number): number => (performance.now() - since) / 1000;
await infisicalStore({ ...credentials, siteUrl: process.argv[2] ?? "" }, "staging")
  .read(["/"])
  .catch((error: unknown) => {
    const told = { message: error instanceof Error ? error.message : String(error), toldAfter: seconds(started) };
    const then = performance.now();
    process.once("exit", () => process.stdout.write(JSON.stringify({ ...told, lingered: seconds(then) })));
  });
