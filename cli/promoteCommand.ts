import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseReference } from "../contract/index.ts";
import { faultsError } from "../src/settings/fault.ts";
import { imageDigestsFileName, readImageDigests } from "../src/settings/imageDigests.ts";
import type { DeclaredSettings } from "../src/settings/settings.ts";
import { checkoutRoot, readDeclaredStackFile, stackFilePath } from "../src/settings/stackFile.ts";
import { UserError } from "../src/settings/userError.ts";
import { type AppPromotion, isUnchanged, promoteBuild, promoteStack, type Promotion, type Requester } from "./promotion.ts";
import { requestedBy, runOf } from "./requester.ts";
import type { ExitCode } from "./run.ts";
import { editStackFile } from "./stackEdit.ts";
import { table } from "./table.ts";

export interface PromoteOptions {
  readonly app?: readonly string[];
  readonly from?: string;
  readonly digests?: string;
  readonly version?: string;
  readonly requestedBy?: string;
  readonly run?: string;
  readonly json?: true;
}

/** Writes the images of a build, or of another stack, into a stack file. `root` is the checkout. */
export function promote(stack: string, options: PromoteOptions, root: string = checkoutRoot): ExitCode {
  const target = readDeclaredStackFile(stack, root);
  const apps = options.app ?? Object.keys(target.apps);
  const promotion = promotionOf(target, apps, options, root);
  if (promotion.kind === "faulty") throw faultsError(`promotion into ${stack}`, promotion.faults);
  const changed = promotion.apps.filter((app) => !isUnchanged(target, app));
  const path = stackFilePath(stack, root);
  const file = `Pulumi.${stack}.yaml`;
  if (changed.length > 0) replace(path, editStackFile(readFileSync(path, "utf8"), changed, file));
  report(target, changed, file, options.json === true);
  return 0;
}

function promotionOf(target: DeclaredSettings, apps: readonly string[], options: PromoteOptions, root: string): Promotion {
  const requester: Requester = {
    requestedBy: options.requestedBy ?? requestedBy(process.env),
    run: options.run ?? runOf(process.env),
    version: options.version,
  };
  if ((options.from === undefined) === (options.digests === undefined))
    throw new UserError(
      `promote: say where from, --from <stack> or --digests <file>, and only one of them; for example "npm run promote -- ${target.environment} --digests ${imageDigestsFileName}"`,
    );
  if (options.from !== undefined) return promoteStack(target, apps, readDeclaredStackFile(options.from, root), requester);
  const file = options.digests ?? "";
  const digests = readImageDigests(resolve(file), file);
  if (digests.kind === "absent")
    throw new UserError(`promote: there is no ${file}; CI publishes it with each build, and npm start writes it in the sandbox`);
  if (digests.kind === "faulty") throw faultsError(file, digests.faults);
  return promoteBuild(target, apps, digests.builds, file, requester);
}

function report(target: DeclaredSettings, changed: readonly AppPromotion[], file: string, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ file, changed })}\n`);
    return;
  }
  if (changed.length === 0) {
    process.stdout.write(`==> ${file} has these images already; nothing was written\n`);
    return;
  }
  const rows = changed.flatMap(({ app, images }) =>
    Object.entries(images).map(([service, reference]) => [app, service, shown(imageBefore(target, app, service)), shown(reference)]),
  );
  process.stdout.write(`${table(["app", "service", "before", "after"], rows)}\n`);
  process.stdout.write(`==> wrote ${file}; next: git diff, commit, pulumi up --stack ${target.environment}\n`);
}

function imageBefore(target: DeclaredSettings, app: string, service: string): string {
  const images = target.apps[app]?.images;
  return images === "fromBuild" ? images : (images?.[service] ?? "-");
}

/** Tag and the first digits of the digest: enough to tell two builds apart. */
function shown(reference: string): string {
  const parsed = parseReference(reference);
  return parsed === undefined ? reference : `${parsed.tag} ${parsed.digest.slice("sha256:".length, "sha256:".length + 12)}`;
}

function replace(path: string, text: string): void {
  const temporary = resolve(dirname(path), `.${randomBytes(4).toString("hex")}.yaml.tmp`);
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}
