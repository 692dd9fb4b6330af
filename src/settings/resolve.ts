import { instanceName } from "../../contract/index.ts";
import { type AppDraft, readAppFiles } from "./appFiles.ts";
import { type Fault, faultsError } from "./fault.ts";
import { buildProvenance, type DigestsFile, platformEntry, readImageDigests } from "./imageDigests.ts";
import { rules } from "./rules/index.ts";
import type { Draft } from "./rules/draft.ts";
import { type StackInput, StackSettings } from "./schema.ts";
import { parsePeoplesFile } from "./schemaFaults.ts";
import type { AppFiles, ResolvedApp, Settings } from "./settings.ts";

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
  const { stack, raw, root } = source;
  const parsed = parsePeoplesFile(StackSettings, raw);
  const draft = (parsed.kind === "valid" ? raw : parsed.draft) as Draft<StackInput>;
  const faults: Fault[] = [...(source.faults ?? []), ...(parsed.kind === "faulty" ? parsed.faults : [])];
  const apps: Record<string, AppDraft> = {};
  for (const app of Object.keys(draft.apps ?? {})) {
    const files = readAppFiles(root, app);
    faults.push(...files.faults);
    apps[app] = files.draft;
  }
  const digests = readImageDigests(root);
  for (const rule of rules) faults.push(...rule({ stack, settings: draft, apps, digests }));
  if (parsed.kind === "faulty" || faults.length > 0) throw faultsError(`Pulumi.${stack}.yaml`, faults);
  return freeze(complete(source.project, parsed.value, apps, digests));
}

/** Puts together what has no faults. What the rules have checked cannot be absent here: if it is, that is a bug, and says so. */
function complete(project: string, settings: StackSettings, drafts: Readonly<Record<string, AppDraft>>, digests: DigestsFile): Settings {
  const builds = digests.kind === "read" ? digests.builds : {};
  const { platform } = settings;
  return {
    ...settings,
    project,
    platform:
      platform.mode === "own" && platform.ingress.image === "fromBuild"
        ? {
            ...platform,
            ingress: { ...platform.ingress, image: present(builds[platformEntry]?.images["ingress"], "image of the ingress") },
          }
        : platform,
    apps: Object.fromEntries(
      Object.entries(settings.apps).map(([app, { images, release, ...rest }]): [string, ResolvedApp] => {
        const files = filesOf(instanceName(app, settings.environment), drafts[app]);
        if (images !== "fromBuild") return [app, { ...rest, files, images, release: present(release, "release") }];
        const build = present(builds[app], `build of ${app}`);
        const used = Object.keys(files.roles).map((service) => [service, present(build.images[service], `image of ${service}`)]);
        return [app, { ...rest, files, images: Object.fromEntries(used) as Record<string, string>, release: buildProvenance(build) }];
      }),
    ),
  };
}

function filesOf(instance: string, draft: AppDraft | undefined): AppFiles {
  const files = present(draft, `files of ${instance}`);
  return {
    directory: files.directory,
    roles: present(files.roles, `services of ${instance}`),
    app: present(files.app, `app.yaml of ${instance}`),
    secrets: present(files.secrets, `secrets.yaml of ${instance}`),
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
