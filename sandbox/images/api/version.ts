import { readFileSync } from "node:fs";

/** Ways in which a build of this image is broken on purpose. */
export const modes = ["normal", "exits", "never-healthy", "smoke-fails"] as const;
export type Mode = (typeof modes)[number];

/** What the image's small top layer says: the only thing in which its variants differ. */
export interface Version {
  readonly version: string;
  readonly mode: Mode;
}

/** Reads the top layer's file. Throws when it is not what the builder writes. */
export function readVersion(path: string): Version {
  const value: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (typeof value === "object" && value !== null && "version" in value && "mode" in value) {
    const { version, mode } = value;
    const known = modes.find((name) => name === mode);
    if (typeof version === "string" && known !== undefined) return { version, mode: known };
  }
  throw new Error(`${path}: must hold {"version": text, "mode": one of ${modes.join(", ")}}`);
}
