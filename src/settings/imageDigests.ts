import { readFileSync } from "node:fs";
import { z } from "zod";
import { AppName, Commit, ImageReference, type Provenance, ServiceName } from "../../contract/index.ts";
import { fault, type Fault } from "./fault.ts";
import { parsePeoplesFile } from "../../components/shared/schemaFaults.ts";

/** Name of the file that a build publishes (requirement D1), in the root of a checkout. */
export const imageDigestsFileName = "image-digests.json";

/** Entry of the file that holds the platform's own images. No app may be called so. */
export const platformEntry = "platform";

const Build = z.strictObject({
  commit: Commit.meta({ description: "Commit that the images were built from.", examples: ["9f2c41d"] }),
  time: z.iso.datetime().meta({ description: "When they were built, UTC.", examples: ["2026-11-21T10:00:00Z"] }),
  images: z
    .record(ServiceName, ImageReference)
    .meta({ description: "Pinned reference by service.", examples: [{ api: `ghcr.io/example/api:1.4.2@sha256:${"0".repeat(64)}` }] }),
});
export type Build = z.infer<typeof Build>;

/** `image-digests.json`: what was built last, by app; the platform's own images (`ingress`) stand under `platform`. */
export const ImageDigests = z.record(AppName, Build);
export type ImageDigests = z.infer<typeof ImageDigests>;

export type DigestsFile =
  | { readonly kind: "read"; readonly builds: ImageDigests }
  | { readonly kind: "absent" }
  | { readonly kind: "faulty"; readonly faults: readonly Fault[] };

/** Reads the file; `name` is how messages call it. */
export function readImageDigests(path: string, name: string = imageDigestsFileName): DigestsFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { kind: "absent" };
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return {
      kind: "faulty",
      faults: [fault(name, `is not JSON (${error instanceof Error ? error.message : String(error)})`, "build the images again")],
    };
  }
  const parsed = parsePeoplesFile(ImageDigests, value, `${name}: `);
  return parsed.kind === "valid" ? { kind: "read", builds: parsed.value } : { kind: "faulty", faults: parsed.faults };
}

/** Where images that come straight from a build say they come from. Only from the file, so that two previews of one build are equal. */
export function buildProvenance(build: Build): Provenance {
  return { version: build.commit.slice(0, 12), commit: build.commit, requestedBy: imageDigestsFileName, run: "local" };
}
