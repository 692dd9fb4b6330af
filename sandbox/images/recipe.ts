import type { AptSession } from "./debian/apt.ts";
import type { ImageConfig } from "./document.ts";
import type { Layer } from "./layer.ts";
import type { Variant } from "./variant.ts";

/** What recipes share while images are built: each layer is made at most once. */
export interface Kitchen {
  /** The machine's package sources; opened when the first layer really has to be made. */
  readonly apt: () => Promise<AptSession>;
  readonly base: () => Promise<Layer>;
  /** Node 24 on the base. */
  readonly node: () => Promise<readonly Layer[]>;
  /** Programs bundled from `api/`, by the name of their entry file. */
  readonly bundle: (entry: string) => Promise<string>;
}

/** How one image is made. */
export interface Recipe {
  /** `truealpha/api`. */
  readonly repository: string;
  /** Tags that a plain build makes; any tag that `variant.ts` knows can be asked for where `variants` is true. */
  readonly tags: readonly string[];
  readonly variants: boolean;
  /** Lowest first. */
  readonly layers: (kitchen: Kitchen, variant: Variant) => Promise<readonly Layer[]>;
  readonly config: ImageConfig;
}
