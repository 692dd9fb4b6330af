import type { AppSettings } from "../../components/app/schema.ts";
import type { OwnPlatformSettings, ReusedPlatformSettings } from "../../components/platform/schema.ts";
import type { AppRole, Checks, Provenance } from "../../contract/index.ts";
import type { SecretsFile } from "../secrets/secretsFile.ts";
import type { StackSettings } from "./schema.ts";

/**
 * The settings of one stack, complete: defaults filled in, files of the apps read, images and their provenance resolved whether they stand
 * in the stack file or come from the build. Plain values, frozen to the bottom.
 */
export interface Settings extends Omit<DeclaredSettings, "apps" | "platform"> {
  readonly platform: OwnPlatform | ReusedPlatformSettings;
  readonly apps: Readonly<Record<string, ResolvedApp>>;
}

/** The settings as the files say them: checked and with defaults, but whether images can be found has not been looked at. */
export interface DeclaredSettings extends Readonly<Omit<StackSettings, "apps">> {
  /** Pulumi project: the first half of an instance's owner. */
  readonly project: string;
  readonly apps: Readonly<Record<string, DeclaredApp>>;
}

export interface DeclaredApp extends AppSettings {
  readonly files: AppFiles;
}

export interface OwnPlatform extends OwnPlatformSettings {
  readonly ingress: OwnPlatformSettings["ingress"] & { readonly image: string };
}

export interface ResolvedApp extends Omit<DeclaredApp, "images" | "release"> {
  /** A pinned reference for every service of compose.yaml. */
  readonly images: Readonly<Record<string, string>>;
  readonly release: Provenance;
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
