import { modes, type Version } from "./api/version.ts";

/** Tag of an image's build, and what its small top layer says. */
export interface Variant extends Version {
  readonly tag: string;
}

/**
 * What a tag means: `v7` is a good build, `exits`, `never-healthy` and `smoke-fails` are broken on purpose, `v7-exits` is broken with a
 * version of its own (so that there can be two different digests broken in one way). Throws on any other tag.
 */
export function variantOf(tag: string): Variant {
  const match = /^(?:(v[1-9][0-9]{0,5})(?:-([a-z-]+))?|([a-z-]+))$/.exec(tag);
  const word = match?.[2] ?? match?.[3] ?? "normal";
  const mode = modes.find((name) => name === word);
  // "normal" is what a plain version is; as a word of its own it would be a second name for it.
  if (match === null || mode === undefined || (mode === "normal" && match[1] !== tag)) {
    const broken = modes.filter((name) => name !== "normal");
    throw new Error(`tag "${tag}": must be a version such as v1, one of ${broken.join(", ")}, or both such as v1-${broken[0] ?? ""}`);
  }
  return { tag, version: match[1] ?? tag, mode };
}
