import { getRegistryImage } from "@pulumi/docker/getRegistryImage.js";
import { Provider } from "@pulumi/docker/provider.js";
import { log, type Output, type Resource } from "@pulumi/pulumi";
import type { Fault } from "../shared/fault.ts";
import { judgeLookup } from "./judgeLookup.ts";

export interface RegistryLookupArgs {
  /** Registry host and port: `registry.example.com`. */
  readonly address: string;
  readonly username: Output<string>;
  readonly password: Output<string>;
}

export interface LookedUpImage {
  /** For messages: `apps.shop.images.api`. */
  readonly path: string;
  /** `repository:tag@sha256:…`: the one form that makes the provider ask for the digest itself. */
  readonly reference: string;
}

/**
 * Asks the registry whether every pinned digest exists, so that a typing error fails the preview. A registry that cannot be asked is only a
 * warning: the host may hold the image already, and a registry's bad day must not stop a rollback by `git revert`.
 */
export async function lookUpImages(
  name: string,
  args: RegistryLookupArgs,
  images: readonly LookedUpImage[],
  parent?: Resource,
): Promise<readonly Fault[]> {
  const provider = new Provider(
    name,
    {
      // Nothing is dialled: the provider wants a daemon to talk to and takes this for one. Only the registry is ever asked.
      host: "ssh://registry-lookup-only",
      disableDockerDaemonCheck: true,
      registryAuth: [{ address: args.address, username: args.username, password: args.password }],
    },
    parent === undefined ? {} : { parent },
  );
  // Services may share an image: the registry is asked once.
  const answers = new Map([...new Set(images.map(({ reference }) => reference))].map((reference) => [reference, ask(reference, provider)]));
  const faults: Fault[] = [];
  await Promise.all(
    images.map(async ({ path, reference }) => {
      const failure = await answers.get(reference);
      if (failure === undefined) return;
      const verdict = judgeLookup(reference, failure);
      if (verdict.kind === "absent") faults.push({ path, message: verdict.message });
      else await log.warn(`${path}: ${verdict.message}`);
    }),
  );
  return faults.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Why the registry does not say that it has the image; `undefined` when it has. */
function ask(reference: string, provider: Provider): Promise<string | undefined> {
  return getRegistryImage({ name: reference }, { provider }).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}
