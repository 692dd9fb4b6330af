import type { RegistryAnswer } from "./registryClient.ts";

/** `present`: nothing to say. `absent`: a fault of whoever wrote the reference. `unknown`: the registry said nothing about the image. */
export type LookupVerdict =
  { readonly kind: "present" } | { readonly kind: "absent"; readonly message: string } | { readonly kind: "unknown"; readonly why: string };

/** What a registry's answer says about an image. */
export function judgeLookup(reference: string, answer: RegistryAnswer): LookupVerdict {
  if (answer.kind === "unreachable") return { kind: "unknown", why: `could not be asked: ${answer.why}` };
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: "present" };
  if (status === 404) {
    return {
      kind: "absent",
      message: `the registry has no ${reference}; push it again, or run "npm run promote" with a digest that exists`,
    };
  }
  if (status === 401 || status === 403) {
    return {
      kind: "unknown",
      why: `refused the credentials (status ${status}): check REGISTRY_USERNAME and REGISTRY_PASSWORD in the secret store`,
    };
  }
  return { kind: "unknown", why: `could not be asked: it answers with status ${status}` };
}
