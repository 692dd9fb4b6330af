import { createHash } from "node:crypto";
import { canonicalJson } from "./json.ts";
import type { Manifest } from "./manifest.ts";

/**
 * Names what runs: the hash of the semantic manifest, with the secret fingerprint and without provenance, owner, epoch and contract
 * version. Two manifests with one id start the same containers with the same values, so quarantine and "already running" go by it.
 *
 * SHA-256, 64 hexadecimal digits. The prefix keeps it apart from every other hash we take.
 */
export function releaseId(manifest: Pick<Manifest, "instance" | "release">): string {
  const semantic = { instance: manifest.instance, release: manifest.release };
  return createHash("sha256")
    .update(`terrace/release/v1\n${canonicalJson(semantic)}`)
    .digest("hex");
}

/** Enough of an id for people to tell releases apart in a table. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}

/** Directory name of a release: `sha-<image commit>__<UTC>` with seconds, and `-2`, `-3` … where one second saw several. */
export function releaseName(commit: string, made: Date): string {
  const utc = made
    .toISOString()
    .replace(/\.\d{3}Z$/, "Z")
    .replace(/[-:]/g, "");
  return `sha-${commit}__${utc}`;
}
