import { z } from "zod";

/**
 * The one accepted form of an image reference: `repository:tag@sha256:<64 hex>`. The digest decides what runs; the tag tells people which
 * build that is, and only this form makes Pulumi's registry look-up ask for the digest itself.
 *
 * Grammar: the reference grammar of the OCI distribution specification, with the registry required (a bare name would mean Docker Hub).
 */
const pattern =
  /^(?<registry>(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[0-9]{1,5})?)\/(?<path>[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*):(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})@(?<digest>sha256:[0-9a-f]{64})$/;

export const ImageReference = z
  .string()
  .max(512)
  .superRefine((value, context) => {
    const fault = referenceFault(value);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault, input: value });
  });

export interface ParsedReference {
  /** Host and port of the registry: `registry.example.com:5000`. */
  readonly registry: string;
  /** Path inside the registry: `truealpha/api`. */
  readonly path: string;
  readonly tag: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
}

/** Parts of a reference, or `undefined` where it is not of the one accepted form. */
export function parseReference(reference: string): ParsedReference | undefined {
  const groups = pattern.exec(reference)?.groups;
  if (groups === undefined) return undefined;
  const { registry = "", path = "", tag = "", digest = "" } = groups;
  // Docker's rule: the first part names a registry only with a dot, a port, or as "localhost"; else it is a Docker Hub account.
  if (!registry.includes(".") && !registry.includes(":") && registry !== "localhost") return undefined;
  return { registry, path, tag, digest };
}

/** What is wrong with a reference, for a person, or `undefined`. */
export function referenceFault(reference: string): string | undefined {
  if (parseReference(reference) !== undefined) return undefined;
  if (!reference.includes("@"))
    return 'must be pinned by digest: "registry/repository:tag@sha256:<64 hex>"; its push printed the digest, and "docker buildx imagetools inspect" shows it';
  if (!/@sha256:[0-9a-f]{64}$/.test(reference))
    return "has a malformed digest: after @ there must be sha256: and 64 lower case hexadecimal digits";
  const name = reference.slice(0, reference.indexOf("@"));
  if (!/:[^/]+$/.test(name))
    return 'needs the tag beside the digest, "registry/repository:tag@sha256:…": the tag tells people which build it is';
  return 'must be "registry/repository:tag@sha256:<64 hex>" with a registry host, such as "ghcr.io/acme/api:1.4.2@sha256:…"';
}
