import { isUtf8 } from "node:buffer";
import { type Dirent, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { AppFile, checksOf } from "../../components/app/appFile.ts";
import { readComposeFile } from "../../components/app/composeFile.ts";
import { Faults } from "../../components/shared/fault.ts";
import { AppRole, type Checks, ConfigPath, maximumConfigCharacters } from "../../contract/index.ts";
import { SecretsFile } from "../secrets/secretsFile.ts";
import { fault, type Fault } from "./fault.ts";
import { parsePeoplesFile } from "../../components/shared/schemaFaults.ts";
import type { Role } from "./settings.ts";
import { parseYaml, readText } from "./yamlFile.ts";

/** What could be read of `apps/<app>/`; a part that is faulty is absent, and rules that need it stay silent about it. */
export interface AppDraft {
  readonly directory: string;
  readonly roles?: Readonly<Record<string, Role>>;
  /** Text of a compose file that can be read as one, and what lies below `config/`. */
  readonly compose?: string;
  readonly config?: Readonly<Record<string, string>>;
  readonly app?: Checks;
  readonly secrets?: SecretsFile;
}

type FileKind = "compose" | "app" | "secrets";

/** Name of a file of an app in messages. */
export function appFileName(app: string, file: FileKind): string {
  return `apps/${app}/${file}.yaml`;
}

/** What a person does about a file that is not there. */
const whenAbsent: Readonly<Record<FileKind, string>> = {
  compose: "describe the app's services there, or correct the app's name",
  app: "say there how to tell that the app works; an empty file says nothing",
  secrets: "name there the secrets that its services need; an empty file means none",
};

/** Reads the three files of an app. `root` is the checkout. */
export function readAppFiles(root: string, app: string): { readonly draft: AppDraft; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const compose = readFile(root, app, "compose", faults);
  const read = compose === undefined ? undefined : readCompose(compose, appFileName(app, "compose"), faults);
  const checks = readWith(AppFile, root, app, "app", faults);
  const secrets = readWith(SecretsFile, root, app, "secrets", faults);
  faults.push(...configFaults(root, app));
  return {
    faults,
    draft: {
      directory: join(root, "apps", app),
      ...(read?.roles === undefined ? {} : { roles: read.roles }),
      ...(compose === undefined || read?.isReadable !== true ? {} : { compose, config: readConfig(join(root, "apps", app, "config")) }),
      ...(checks === undefined ? {} : { app: checksOf(checks) }),
      ...(secrets === undefined ? {} : { secrets }),
    },
  };
}

function readFile(root: string, app: string, kind: FileKind, faults: Fault[]): string | undefined {
  const name = appFileName(app, kind);
  const read = readText(join(root, name), name, whenAbsent[kind]);
  if (read.kind === "read") return read.value;
  faults.push(...read.faults);
  return undefined;
}

function readWith<Schema extends z.ZodType>(
  schema: Schema,
  root: string,
  app: string,
  kind: FileKind,
  faults: Fault[],
): z.output<Schema> | undefined {
  const text = readFile(root, app, kind, faults);
  if (text === undefined) return undefined;
  const name = appFileName(app, kind);
  const yaml = parseYaml(text, name);
  // An empty file reads as null: it says nothing, and nothing wrong.
  const parsed = yaml.kind === "read" ? parsePeoplesFile(schema, yaml.value ?? {}, `${name}: `) : yaml;
  if (parsed.kind === "valid") return parsed.value;
  faults.push(...parsed.faults);
  return undefined;
}

const WithRoles = z.looseObject({
  services: z.record(z.string(), z.looseObject({ "x-terrace": z.looseObject({ role: z.enum([...AppRole.options, "data"]) }) })),
});

/** Roles of the services, and whether more faults can be looked for in the file. Those of its shape are told here. */
function readCompose(
  text: string,
  name: string,
  faults: Fault[],
): { readonly roles: Readonly<Record<string, Role>> | undefined; readonly isReadable: boolean } {
  const found = new Faults();
  const isReadable = readComposeFile(text, name, found) !== undefined;
  faults.push(...found.list);
  const yaml = parseYaml(text, name);
  const compose = yaml.kind === "read" ? WithRoles.safeParse(yaml.value).data : undefined;
  if (compose === undefined) return { roles: undefined, isReadable };
  const roles = Object.entries(compose.services).map(([service, { "x-terrace": terrace }]) => [service, terrace.role] as const);
  return { roles: Object.fromEntries(roles), isReadable };
}

/** Text files below `config/`, by path. An app without the folder has none. */
export function readConfig(directory: string): Readonly<Record<string, string>> {
  const files = configEntries(directory).filter(({ entry }) => entry.isFile());
  return Object.fromEntries(files.map(({ path }) => [path, readFileSync(join(directory, path), "utf8")]));
}

/** What lies below `config/` and cannot go along: a release holds text files under plain names, and nothing else. */
function* configFaults(root: string, app: string): Iterable<Fault> {
  const directory = join(root, "apps", app, "config");
  for (const { path, entry } of configEntries(directory)) {
    const name = `apps/${app}/config/${path}`;
    const rule = ConfigPath.safeParse(path).error?.issues[0]?.message;
    if (rule !== undefined) yield fault(name, `its path below config/ ${rule}`, "rename it, or keep it elsewhere");
    if (!entry.isFile()) {
      yield fault(name, "is neither a file nor a folder", "put the file itself there instead of a link");
      continue;
    }
    const content = readFileSync(join(directory, path));
    if (!isUtf8(content)) yield fault(name, "is no UTF-8 text, and a release holds only text", "put it into the image");
    else if (content.toString("utf8").length > maximumConfigCharacters)
      yield fault(name, `is longer than ${maximumConfigCharacters} characters`, "put it into the image, or into a volume");
  }
}

function configEntries(directory: string): readonly { readonly path: string; readonly entry: Dirent }[] {
  return entriesBelow(directory)
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({ path: join(entry.parentPath, entry.name).slice(directory.length + 1), entry }))
    .sort((left, right) => (left.path < right.path ? -1 : 1));
}

function entriesBelow(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
