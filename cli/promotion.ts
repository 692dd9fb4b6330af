import { Provenance, referenceFault } from "../contract/index.ts";
import type { DeclaredApp, DeclaredSettings } from "../src/settings/settings.ts";
import type { ImageDigests } from "../src/settings/imageDigests.ts";
import type { Fault } from "../src/settings/fault.ts";
import { fault, seen } from "../src/settings/fault.ts";
import { promoteCommand } from "../src/settings/rules/draft.ts";

/** What a promotion writes for one app. */
export interface AppPromotion {
  readonly app: string;
  readonly images: Readonly<Record<string, string>>;
  readonly release: Provenance;
}

/** Who promotes, and by which run; the version where a person gives it one. */
export interface Requester {
  readonly requestedBy: string;
  readonly run: string;
  readonly version: string | undefined;
}

export type Promotion =
  { readonly kind: "faulty"; readonly faults: readonly Fault[] } | { readonly kind: "ready"; readonly apps: readonly AppPromotion[] };

/** Takes images from a build. `file` is how messages call it. */
export function promoteBuild(
  target: DeclaredSettings,
  apps: readonly string[],
  builds: ImageDigests,
  file: string,
  requester: Requester,
): Promotion {
  return promoteEach(target, apps, (app) => {
    const build = builds[app];
    if (build === undefined)
      return fault(
        `${file}: ${app}`,
        "is missing",
        "build the app's images, and let the build write them there (docs/own-servers.md, The images)",
      );
    const version = requester.version ?? build.commit.slice(0, 12);
    return {
      images: build.images,
      release: { version, commit: build.commit, requestedBy: requester.requestedBy, run: requester.run },
      place: `${file}: ${app}.images`,
    };
  });
}

/** Takes the images that another stack runs: the same digests, and where they came from. */
export function promoteStack(target: DeclaredSettings, apps: readonly string[], source: DeclaredSettings, requester: Requester): Promotion {
  const file = `Pulumi.${source.environment}.yaml`;
  return promoteEach(target, apps, (app) => {
    const from = source.apps[app];
    const path = `${file}: apps.${app}`;
    if (from === undefined) return fault(path, "is missing", `choose one of: ${Object.keys(source.apps).sort().join(", ")}`);
    const { images, release } = from;
    if (images === undefined || images === "fromBuild" || release === undefined)
      return fault(
        `${path}.${images !== undefined && images !== "fromBuild" ? "release" : "images"}`,
        images === "fromBuild" ? 'has nothing to promote: it is "fromBuild"' : "is missing: there is nothing to promote",
        promoteCommand(target.environment, app),
      );
    const malformed = Object.entries(images).find(([, reference]) => referenceFault(reference) !== undefined);
    if (malformed !== undefined)
      return fault(
        `${path}.images.${malformed[0]}`,
        `${referenceFault(malformed[1])?.split("; ")[0] ?? ""}, got ${seen(malformed[1])}`,
        promoteCommand(target.environment, app),
      );
    const { requestedBy, run, version } = requester;
    return { images, release: { version: version ?? release.version, commit: release.commit, requestedBy, run }, place: `${path}.images` };
  });
}

interface Found {
  readonly images: Readonly<Record<string, string>>;
  readonly release: Provenance;
  /** Where the images stand, for messages. */
  readonly place: string;
}

function promoteEach(target: DeclaredSettings, apps: readonly string[], find: (app: string) => Found | Fault): Promotion {
  const faults: Fault[] = [];
  const ready: AppPromotion[] = [];
  for (const app of apps) {
    const declared = target.apps[app];
    if (declared === undefined) {
      faults.push(
        fault(`apps.${app}`, `is not in Pulumi.${target.environment}.yaml`, `choose one of: ${Object.keys(target.apps).sort().join(", ")}`),
      );
      continue;
    }
    const found = find(app);
    if ("message" in found) faults.push(found);
    else collectApp(app, declared, found, faults, ready);
  }
  return faults.length > 0 ? { kind: "faulty", faults } : { kind: "ready", apps: ready };
}

/** Exactly the services of compose.yaml: a build may hold more, never less. */
function collectApp(app: string, declared: DeclaredApp, { images, release, place }: Found, faults: Fault[], ready: AppPromotion[]): void {
  const services = Object.keys(declared.files.roles);
  const missing = services.filter((service) => !Object.hasOwn(images, service));
  for (const service of missing)
    faults.push(fault(`${place}.${service}`, `is missing: apps/${app}/compose.yaml has this service`, "build its image"));
  const wrong = provenanceFaults(app, release);
  faults.push(...wrong);
  if (missing.length > 0 || wrong.length > 0) return;
  ready.push({ app, images: Object.fromEntries(services.map((service) => [service, images[service] ?? ""])), release });
}

/** Nothing is written that the stack file's own check would refuse. */
function provenanceFaults(app: string, release: Provenance): readonly Fault[] {
  const options: Readonly<Record<string, string>> = { version: "--version", requestedBy: "--requested-by", run: "--run" };
  return (Provenance.safeParse(release).error?.issues ?? []).map(({ path, message }) => {
    const key = String(path[0]);
    const option = options[key];
    const written = seen(release[key as keyof Provenance]);
    return fault(
      `apps.${app}.release.${key}`,
      `${message}, got ${written}`,
      option === undefined ? "correct it where it comes from" : `say another with ${option}`,
    );
  });
}

/**
 * Whether a stack file says exactly these images already, and where they came from: then nothing is written, not even who asked. Images
 * that somebody wrote by hand get their provenance, without which nothing can be released.
 */
export function isUnchanged(target: DeclaredSettings, { app, images }: AppPromotion): boolean {
  const { images: before, release } = target.apps[app] ?? {};
  if (before === undefined || before === "fromBuild" || release === undefined) return false;
  const services = new Set([...Object.keys(before), ...Object.keys(images)]);
  return [...services].every((service) => before[service] === images[service]);
}
