import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Root of the checkout this file belongs to. */
export const checkoutDirectory = resolve(import.meta.dirname, "../..");

/**
 * Everything that can be made again from pinned inputs: tools, server roots, image layouts, packages.
 * Shared by all slots and checkouts, outside the repository: Pulumi's language host walks the whole program directory.
 */
export const cacheDirectory = process.env["TERRACE_CACHE"] ?? join(homedir(), ".cache", "terrace");

/** Where slots keep what runs: server roots, databases of the emulators, logs. Removed by `reset`. */
export const stateDirectory = process.env["TERRACE_SANDBOX_STATE"] ?? "/var/lib/terrace-sandbox";
