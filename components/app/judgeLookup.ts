export type LookupVerdict = { readonly kind: "absent" | "unknown"; readonly message: string };

/**
 * What a failed look-up says about an image. The provider reports in words only; a 404 reads `… 404 Not Found`
 * (https://github.com/pulumi/pulumi-docker, getImageDigest). Everything else says nothing about the image.
 */
export function judgeLookup(reference: string, failure: string): LookupVerdict {
  const why = failure.replace(/\s+/g, " ").trim();
  if (/\b404\b|manifest unknown|name unknown/i.test(why)) {
    return {
      kind: "absent",
      message: `the registry has no ${reference}; push it again, or run "npm run promote" with a digest that exists`,
    };
  }
  if (/\b40[13]\b|unauthorized|denied|forbidden/i.test(why)) {
    return {
      kind: "unknown",
      message: `the registry refused the credentials for ${reference}; check REGISTRY_USERNAME and REGISTRY_PASSWORD in the secret store (${why})`,
    };
  }
  return {
    kind: "unknown",
    message: `the registry could not be asked for ${reference}; the host may hold the image already, so this is only a warning (${why})`,
  };
}
