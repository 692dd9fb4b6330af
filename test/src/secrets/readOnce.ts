/** Reads the root folder of the server named on the command line, in a process of its own: whether it ends is what a test looks at. */
import { infisicalStore } from "../../../src/secrets/infisical.ts";
import { credentials } from "./server.ts";

await infisicalStore({ ...credentials, siteUrl: process.argv[2] ?? "" }, "staging")
  .read(["/"])
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
