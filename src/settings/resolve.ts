import { join } from "node:path";
import { type AppDraft, readAppFiles } from "./appFiles.ts";
import { type Fault, faultsError } from "./fault.ts";
import { type Build, buildProvenance, type DigestsFile, imageDigestsFileName, platformEntry, readImageDigests } from "./imageDigests.ts";
import type { Draft, Rule } from "./rules/draft.ts";
import { declarationRules, imageRules } from "./rules/index.ts";
import { type StackInput, StackSettings } from "./schema.ts";
import { parsePeoplesFile } from "../../components/shared/schemaFaults.ts";
import type { AppFiles, DeclaredApp, DeclaredSettings, ResolvedApp, Settings } from "./settings.ts";

/** Where settings come from: both loaders bring this much, and everything after is common. */
export interface SettingsSource {
  readonly project: string;
  readonly stack: string;
  /** Values below `terrace:`, by key. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** Root of the checkout, absolute. */
  readonly root: string;
  /** Faults that the loader itself found. */
  readonly faults?: readonly Fault[];
}

/** The settings of a stack. Throws one UserError with every fault of the stack file and of the files it names. Reads files. */
export function resolveSettings(source: SettingsSource): Settings {
  const digests = readImageDigests(join(source.root, imageDigestsFileName));
  return freeze(withImages(declare(source, [...declarationRules, ...imageRules], digests), digests));
}

/** The same, without a look at images: for what makes them known, and for what has nothing to do with them. */
export function declaredSettings(source: SettingsSource): DeclaredSettings {
  return freeze(declare(source, declarationRules, { kind: "absent" }));
}

function declare(
  { project, stack, raw, root, faults: before = [] }: SettingsSource,
  rules: readonly Rule[],
  digests: DigestsFile,
): DeclaredSettings {
  const parsed = parsePeoplesFile(StackSettings, raw);
  const draft = (parsed.kind === "valid" ? raw : parsed.draft) as Draft<StackInput>;
  const told = new Set(before.map(({ path }) => path));
  const faults: Fault[] = [...before, ...(parsed.kind === "faulty" ? parsed.faults.filter(({ path }) => !told.has(path)) : [])];
  const drafts: Record<string, AppDraft> = {};
  for (const app of Object.keys(draft.apps ?? {})) {
    const files = readAppFiles(root, app);
    faults.push(...files.faults);
    drafts[app] = files.draft;
  }
  for (const rule of rules) faults.push(...rule({ stack, settings: draft, apps: drafts, digests }));
  if (parsed.kind === "faulty" || faults.length > 0) throw faultsError(`Pulumi.${stack}.yaml`, faults);
  const apps = Object.entries(parsed.value.apps).map(
    ([app, settings]) => [app, { ...settings, files: filesOf(app, drafts[app]) }] as const,
  );
  return { ...parsed.value, project, apps: Object.fromEntries(apps) };
}

/** Puts images in. What the rules have checked cannot be absent here: if it is, that is a bug, and says so. */
function withImages(settings: DeclaredSettings, digests: DigestsFile): Settings {
  const builds = digests.kind === "read" ? digests.builds : {};
  const apps = Object.entries(settings.apps).map(([app, declared]) => [app, appWithImages(app, declared, builds[app])] as const);
  return { ...settings, apps: Object.fromEntries(apps), platform: platformWithImage(settings.platform, builds[platformEntry]) };
}

function platformWithImage(platform: DeclaredSettings["platform"], build: Build | undefined): Settings["platform"] {
  if (platform.mode === "reuse" || platform.ingress.image !== "fromBuild") return platform;
  return { ...platform, ingress: { ...platform.ingress, image: present(build?.images["ingress"], "image of the ingress") } };
}

function appWithImages(app: string, { images, release, ...rest }: DeclaredApp, build: Build | undefined): ResolvedApp {
  if (images !== "fromBuild")
    return { ...rest, images: present(images, `images of ${app}`), release: present(release, `release of ${app}`) };
  const built = present(build, `build of ${app}`);
  const used = Object.keys(rest.files.roles).map((service) => [service, present(built.images[service], `image of ${service}`)] as const);
  return { ...rest, images: Object.fromEntries(used), release: buildProvenance(built) };
}

function filesOf(app: string, draft: AppDraft | undefined): AppFiles {
  const files = present(draft, `files of ${app}`);
  return {
    directory: files.directory,
    roles: present(files.roles, `services of ${app}`),
    app: present(files.app, `app.yaml of ${app}`),
    secrets: present(files.secrets, `secrets.yaml of ${app}`),
  };
}

function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`settings have no ${what}, and no rule said so`);
  return value;
}

function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) freeze(member);
  return value;
}
