import type { DeclaredSettings, Settings } from "../settings/settings.ts";
import { neededVariables, programVariables } from "./programVariables.ts";
import type { Generation, VariableDeclaration } from "./secretsFile.ts";
import type { Validation } from "./validation.ts";

/** One variable that a stack needs from the store. */
export interface Requirement {
  readonly folder: string;
  readonly name: string;
  /** Who needs it, for messages: `the program`, `truealpha: api, worker`. */
  readonly neededBy: string;
  readonly validate: Validation;
  readonly optional: boolean;
  readonly generate?: Generation;
}

/** Everything that a stack reads from the store: what the program itself needs, then what the containers of its apps see. */
export function requirementsOf(settings: DeclaredSettings | Settings): readonly Requirement[] {
  const apps = Object.entries(settings.apps);
  const program = neededVariables({
    ownPlatform: settings.platform.mode === "own",
    edge: settings.edge !== undefined,
    routes: apps.some(([, app]) => app.routes.length > 0),
    address: settings.host.address !== undefined,
    hostKey: settings.host.hostKey !== undefined,
  }).map((name) => ({ ...programRequirement(settings.secretStore.path, programVariables[name]), name }));
  const containers = apps.flatMap(([app, { files }]) =>
    Object.entries(files.secrets.variables).map(([name, declaration]) => appRequirement(app, name, declaration)),
  );
  return [...program, ...containers];
}

type ProgramDeclaration = (typeof programVariables)[keyof typeof programVariables];

function programRequirement(folder: string, declaration: ProgramDeclaration): Omit<Requirement, "name"> {
  return {
    folder,
    neededBy: "the program",
    validate: declaration.validate,
    optional: "optional" in declaration,
    ...("generate" in declaration ? { generate: declaration.generate } : {}),
  };
}

function appRequirement(app: string, name: string, declaration: VariableDeclaration): Requirement {
  return {
    folder: declaration.path,
    name,
    neededBy: `${app}: ${declaration.services.join(", ")}`,
    validate: declaration.validate,
    optional: false,
    ...(declaration.generate === undefined ? {} : { generate: declaration.generate }),
  };
}

/** Folders to read, each once, sorted. */
export function foldersOf(requirements: readonly Requirement[]): readonly string[] {
  return [...new Set(requirements.map(({ folder }) => folder))].sort();
}
