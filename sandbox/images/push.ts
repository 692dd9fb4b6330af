import type { BuiltImage } from "./build.ts";
import { imagetool } from "./imagetool.ts";

export interface PushOptions {
  /** Host, with a port unless it is 443, as references name it: `registry.terrace.test`. */
  readonly registry: string;
  /** `host:port` to dial instead, where this machine does not know the registry's name. */
  readonly address?: string;
  readonly username: string;
  readonly password: string;
  /** PEM of the authority that signed the registry's certificate. */
  readonly caFile: string;
  readonly images: readonly Pick<BuiltImage, "repository" | "tag" | "digest" | "layout">[];
}

export interface PushedImage {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  /** `registry.terrace.test/truealpha/api:v1@sha256:…`: the one form in which images are referred to. */
  readonly reference: string;
  /** False when the registry had it already. */
  readonly uploaded: boolean;
}

/** Pushes images and makes sure that the registry shows each under its tag and digest. Layers that it has are not sent again. */
export async function pushImages(options: PushOptions): Promise<readonly PushedImage[]> {
  const { images, address = "", ...registry } = options;
  const answers = await imagetool("push", {
    ...registry,
    address,
    images: images.map(({ repository, tag, digest, layout }) => ({ repository, tag, digest, layout })),
  });
  return images.map(({ repository, tag, digest }, index) => {
    const answer = answers[index];
    if (answer === undefined) throw new Error(`imagetool push: no answer for ${repository}:${tag}`);
    return { repository, tag, digest, ...answer };
  });
}
