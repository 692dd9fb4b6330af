import { parseReference } from "../../contract/index.ts";

/** `absent`: a fault of whoever wrote the reference. `unknown`: the registry said nothing about the image. */
export type LookupVerdict = { readonly kind: "absent"; readonly message: string } | { readonly kind: "unknown"; readonly why: string };

/**
 * What a failed look-up says about an image. The provider reports in words only; a 404 reads `… 404 Not Found`
 * (https://github.com/pulumi/pulumi-docker, getImageDigest). Everything else says nothing about the image.
 */
export function judgeLookup(reference: string, failure: string): LookupVerdict {
  const words = failure.replace(/\s+/g, " ").trim();
  const cause = withoutImage(words, reference);
  if (/\b404\b|manifest unknown|name unknown/i.test(cause)) {
    return {
      kind: "absent",
      message: `the registry has no ${reference}; push it again, or promote a build whose images are there`,
    };
  }
  if (/\b40[13]\b|unauthorized|denied|forbidden/i.test(cause)) {
    return {
      kind: "unknown",
      why: "refused the credentials: check REGISTRY_USERNAME and REGISTRY_PASSWORD in the secret store",
    };
  }
  // Without the image, so that one cause is one warning.
  return { kind: "unknown", why: `could not be asked: ${words.replaceAll(reference, "an image")}` };
}

/** The words that are not the image's own name: a build may have the number 404. */
function withoutImage(words: string, reference: string): string {
  const parts = parseReference(reference);
  if (parts === undefined) return words.replaceAll(reference, "");
  const { path, tag, digest } = parts;
  const isImage = (word: string): boolean => word === tag || word.includes(digest) || `/${word}`.includes(`/${path}`);
  return words
    .split(" ")
    .filter((word) => !isImage(word))
    .join(" ");
}
