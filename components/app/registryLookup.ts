import { all, log, type Output } from "@pulumi/pulumi";
import { parseReference } from "../../contract/index.ts";
import type { Fault } from "../shared/fault.ts";
import { judgeLookup } from "./judgeLookup.ts";
import { askRegistry, type RegistryAccess, type RegistryAnswer } from "./registryClient.ts";

export interface RegistryLookupArgs {
  /** Registry host and port that the credentials are for: `registry.example.com`. Others are asked without. */
  readonly address: string;
  readonly username: Output<string>;
  readonly password: Output<string>;
  /** CA certificate (PEM) of the registry, where it is not publicly trusted. */
  readonly authority: string | undefined;
}

export interface LookedUpImage {
  /** For messages: `apps.shop.images.api`. */
  readonly path: string;
  /** `repository:tag@sha256:…` */
  readonly reference: string;
}

/** Milliseconds for all images together. A registry that is slow today must not hold up a preview. */
const deadlineMilliseconds = 10_000;

/**
 * Asks the registry whether every pinned digest exists, so that a typing error fails the preview. A registry that cannot be asked is only a
 * warning, one for each cause: the host may hold the image already, and a registry's bad day must not stop a rollback by `git revert`.
 */
export async function lookUpImages(args: RegistryLookupArgs, images: readonly LookedUpImage[]): Promise<readonly Fault[]> {
  const access = await opened(args);
  const signal = AbortSignal.timeout(deadlineMilliseconds);
  const ask = (reference: string): Promise<RegistryAnswer> => {
    const parsed = parseReference(reference);
    if (parsed === undefined) throw new Error(`${reference}: is no reference, and the settings took it for one`);
    return askRegistry(parsed, parsed.registry === args.address ? access : undefined, signal);
  };
  // Services may share an image: the registry is asked once.
  const answers = new Map([...new Set(images.map(({ reference }) => reference))].map((reference) => [reference, ask(reference)]));
  const faults: Fault[] = [];
  const unknown = new Map<string, string[]>();
  await Promise.all(
    images.map(async ({ path, reference }) => {
      const answer = await answers.get(reference);
      if (answer === undefined) return;
      const verdict = judgeLookup(reference, answer);
      if (verdict.kind === "absent") faults.push({ path, message: verdict.message });
      if (verdict.kind === "unknown") {
        const cause = `the registry ${reference.split("/")[0] ?? ""} ${verdict.why}`;
        unknown.set(cause, [...(unknown.get(cause) ?? []), path]);
      }
    }),
  );
  for (const [cause, paths] of unknown)
    await log.warn(`${cause}; a host that holds the images already needs no registry, so this is only a warning (${grouped(paths)})`);
  return faults.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** `apps.shop.images: api, worker`: services of one app behind what they have in common. */
function grouped(paths: readonly string[]): string {
  const groups = new Map<string, string[]>();
  for (const path of [...paths].sort()) {
    const at = path.lastIndexOf(".");
    groups.set(path.slice(0, at), [...(groups.get(path.slice(0, at)) ?? []), path.slice(at + 1)]);
  }
  return [...groups].map(([place, names]) => `${place}: ${names.join(", ")}`).join("; ");
}

/** The credentials, for the requests of this file alone: they become no property of any resource. */
function opened({ username, password, authority }: RegistryLookupArgs): Promise<RegistryAccess> {
  return new Promise((resolve) => {
    all([username, password]).apply(([name, word]) => resolve({ username: name, password: word, authority }));
  });
}
