import { type Fault, type PathSegment, seen } from "../fault.ts";
import { imageDigestsFileName, platformEntry } from "../imageDigests.ts";
import { appFileName } from "../appFiles.ts";
import { entries, faultAt, faultIn, members, promoteCommand, type Rule } from "./draft.ts";

/** A copied stack file must not release to the environment it was copied from. */
export const environmentIsStack: Rule = function* ({ stack, settings }) {
  if (settings.environment !== undefined && settings.environment !== stack)
    yield faultAt(
      ["environment"],
      `must be the name of the stack, "${stack}", got ${seen(settings.environment)}`,
      "correct it, and then everything else that was copied",
    );
};

/** Whoever owns a platform names the other environments and the people that may use it. */
export const platform: Rule = function* ({ settings }) {
  const { platform, environment } = settings;
  if (platform?.mode !== "own") return;
  if (environment !== undefined && platform.environments !== undefined && Object.hasOwn(platform.environments, environment))
    yield faultAt(["platform", "environments", environment], "is this stack's own environment, which is implied", "remove it");
  const names = new Map<string, number>();
  for (const [index, operator] of members(platform.operators)) {
    if (operator.name === undefined) continue;
    const path = ["platform", "operators", index, "name"] as const;
    const earlier = names.get(operator.name);
    if (earlier !== undefined)
      yield faultAt(
        path,
        `is that of platform.operators[${earlier}] too: ${seen(operator.name)}`,
        "put all keys of a person into one entry",
      );
    else names.set(operator.name, index);
  }
};

/** What says `fromBuild` needs a build. */
export const builds: Rule = function* ({ stack, settings, apps, digests }) {
  const wanted: { readonly path: readonly PathSegment[]; readonly entry: string; readonly services: readonly string[] }[] = [];
  if (settings.platform?.mode === "own" && settings.platform.ingress?.image === "fromBuild")
    wanted.push({ path: ["platform", "ingress", "image"], entry: platformEntry, services: ["ingress"] });
  for (const [app, { images }] of entries(settings.apps))
    if (images === "fromBuild") wanted.push({ path: ["apps", app, "images"], entry: app, services: Object.keys(apps[app]?.roles ?? {}) });
  if (wanted.length > 0 && digests.kind === "faulty") yield* digests.faults;
  for (const { path, entry, services } of wanted) {
    if (digests.kind === "faulty") continue;
    const images = digests.kind === "read" ? digests.builds[entry]?.images : undefined;
    const promote = entry === platformEntry ? "write its pinned reference here" : promoteCommand(stack, entry);
    if (digests.kind === "absent") {
      yield faultAt(
        path,
        `is "fromBuild", but there is no ${imageDigestsFileName}`,
        `${promote}, or build the images (npm start does in the sandbox)`,
      );
    } else if (images === undefined) {
      yield faultAt(path, `is "fromBuild", but ${imageDigestsFileName} has no "${entry}"`, `${promote}, or build its images`);
    } else {
      yield* missingImages(entry, images, services);
    }
  }
};

function* missingImages(entry: string, images: Readonly<Record<string, string>>, services: readonly string[]): Iterable<Fault> {
  for (const service of services) {
    if (!Object.hasOwn(images, service))
      yield faultIn(
        imageDigestsFileName,
        [entry, "images", service],
        entry === platformEntry ? "is missing" : `is missing: ${appFileName(entry, "compose")} has this service`,
        "build its image",
      );
  }
}

/** `platform` is what image-digests.json calls the platform's own images. */
export const reservedNames: Rule = function* ({ settings }) {
  if (settings.apps !== undefined && Object.hasOwn(settings.apps, platformEntry))
    yield faultAt(["apps", platformEntry], "is the platform's own name", "give the app's folder another name");
};
