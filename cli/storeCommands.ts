import { collectSecrets, storeOf } from "../src/secrets/collectSecrets.ts";
import { generateSecrets } from "../src/secrets/generate.ts";
import { requirementsOf } from "../src/secrets/requirement.ts";
import { readDeclaredStackFile } from "../src/settings/stackFile.ts";
import type { ExitCode } from "./run.ts";

interface Options {
  readonly json?: true;
}

export async function generateStackSecrets(stack: string, { json }: Options, environment = process.env): Promise<ExitCode> {
  const settings = readDeclaredStackFile(stack);
  const store = storeOf(settings, environment);
  if (json !== true) process.stderr.write(`==> ${store.name}\n`);
  const { written, kept } = await generateSecrets(requirementsOf(settings), store);
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ written, kept })}\n`);
  } else {
    for (const place of written) process.stdout.write(`    made  ${place}\n`);
    process.stdout.write(`==> ${written.length} made, ${kept.length} kept as they were\n`);
  }
  return 0;
}

export async function checkSecrets(stack: string, { json }: Options, environment = process.env): Promise<ExitCode> {
  const settings = readDeclaredStackFile(stack);
  const store = storeOf(settings, environment);
  const { requirements, values } = await collectSecrets(settings, store);
  const present = requirements.filter(({ folder, name }) => values.value(folder, name) !== undefined);
  const variables = new Set(present.map(({ folder, name }) => `${folder} ${name}`)).size;
  if (json === true) process.stdout.write(`${JSON.stringify({ variables, faults: 0 })}\n`);
  else process.stdout.write(`==> ${store.name}: all ${variables} variables of ${stack} are there and look right\n`);
  return 0;
}
