import type { AppSettings } from "../../components/app/schema.ts";
import type { OwnPlatformSettings, ReusedPlatformSettings } from "../../components/platform/schema.ts";
import type { AppRole, Checks, Provenance } from "../../contract/index.ts";
import type { SecretsFile } from "../secrets/secretsFile.ts";
import type { StackSettings } from "./schema.ts";

/**
 * The settings of one stack, complete: defaults filled in, files of the apps read, images and their provenance resolved whether they stand
 * in the stack file or come from the build. Plain values, frozen to the bottom.
 */
export interface Settings extends Readonly<Omit<StackSettings, "apps" | "platform">> {
  /** Pulumi project: the first half of an instance's owner. */
  readonly project: string;
  readonly platform: OwnPlatform | ReusedPlatformSettings;
  readonly apps: Readonly<Record<string, ResolvedApp>>;
}

export interface OwnPlatform extends OwnPlatformSettings {
  readonly ingress: OwnPlatformSettings["ingress"] & { readonly image: string };
}

export interface ResolvedApp extends Omit<AppSettings, "images" | "release"> {
  /** A pinned reference for every service of compose.yaml. */
  readonly images: Readonly<Record<string, string>>;
  readonly release: Provenance;
  readonly files: AppFiles;
}

/** `x-terrace.role` of a service. */
export type Role = AppRole | "data";

/** What stands in `apps/<app>/`. */
export interface AppFiles {
  /** The folder, absolute. */
  readonly directory: string;
  /** Services of `compose.yaml` by name. */
  readonly roles: Readonly<Record<string, Role>>;
  /** `app.yaml`, every default filled in. */
  readonly app: Checks;
  readonly secrets: SecretsFile;
}
