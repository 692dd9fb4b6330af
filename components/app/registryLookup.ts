import { getRegistryImage } from "@pulumi/docker/getRegistryImage.js";
import { Provider } from "@pulumi/docker/provider.js";
import { log, type Output } from "@pulumi/pulumi";
import type { Fault } from "../shared/fault.ts";
import { judgeLookup, type LookupVerdict } from "./judgeLookup.ts";
import { lookupReference, registryHost } from "./lookupAddress.ts";
import { probeRegistry } from "./registryProbe.ts";

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
  /** `repository:tag@sha256:…`: the one form that makes the provider ask for the digest itself. */
  readonly reference: string;
}

/** A registry that is slow today must not hold up a preview, and the provider would wait for it as long as it takes. */
const probeMilliseconds = 10_000;

/**
 * Asks the registry whether every pinned digest exists, so that a typing error fails the preview. A registry that cannot be asked is only a
 * warning, one for each cause: the host may hold the image already, and a registry's bad day must not stop a rollback by `git revert`.
 */
export async function lookUpImages(name: string, args: RegistryLookupArgs, images: readonly LookedUpImage[]): Promise<readonly Fault[]> {
  const provider = new Provider(name, {
    // Nothing is dialled: the provider wants a daemon to talk to and takes this for one. Only the registry is ever asked.
    host: "ssh://registry-lookup-only",
    disableDockerDaemonCheck: true,
    registryAuth: [{ address: registryHost(args.address), username: args.username, password: args.password }],
  });
  const signal = AbortSignal.timeout(probeMilliseconds);
  // Services may share an image, and images a registry: each is asked once.
  const probe = once((registry) => probeRegistry(registry, registry === args.address ? args.authority : undefined, signal));
  const lookUp = once(async (reference): Promise<LookupVerdict | undefined> => {
    const unreachable = await probe(registryOf(reference));
    if (unreachable !== undefined) return { kind: "unknown", why: `could not be asked: ${unreachable}` };
    const failure = await ask(reference, provider);
    return failure === undefined ? undefined : judgeLookup(reference, failure);
  });
  const faults: Fault[] = [];
  const unknown = new Map<string, string[]>();
  await Promise.all(
    images.map(async ({ path, reference }) => {
      const verdict = await lookUp(reference);
      if (verdict?.kind === "absent") faults.push({ path, message: verdict.message });
      if (verdict?.kind === "unknown") {
        const cause = `the registry ${registryOf(reference)} ${verdict.why}`;
        unknown.set(cause, [...(unknown.get(cause) ?? []), path]);
      }
    }),
  );
  for (const [cause, paths] of unknown)
    await log.warn(`${cause}; a host that holds the images already needs no registry, so this is only a warning (${grouped(paths)})`);
  return faults.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Why the registry does not say that it has the image; `undefined` when it has. */
function ask(reference: string, provider: Provider): Promise<string | undefined> {
  return getRegistryImage({ name: lookupReference(reference) }, { provider }).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

/** The same answer, asked for once, for the same question. */
function once<T>(answer: (question: string) => Promise<T>): (question: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (question) => {
    const given = known.get(question) ?? answer(question);
    known.set(question, given);
    return given;
  };
}

const registryOf = (reference: string): string => reference.split("/")[0] ?? "";

/** `apps.shop.images: api, worker`: services of one app behind what they have in common. */
function grouped(paths: readonly string[]): string {
  const groups = new Map<string, string[]>();
  for (const path of [...paths].sort()) {
    const at = path.lastIndexOf(".");
    groups.set(path.slice(0, at), [...(groups.get(path.slice(0, at)) ?? []), path.slice(at + 1)]);
  }
  return [...groups].map(([place, names]) => `${place}: ${names.join(", ")}`).join("; ");
}
