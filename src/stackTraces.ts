import { createRequire } from "node:module";

/**
 * Loaded before Pulumi's runner (`nodeargs` of Pulumi.yaml). The runner has all stack traces translated by source maps, and takes one for
 * each promise and resource: a tenth of a preview, most of it to parse the SDK's own maps. Node strips types in place, so lines and columns
 * of this program are true as they are.
 *
 * The translator installs itself once: so it is installed here, in the runner's place, and its hook is taken away.
 */
const translator = createRequire(import.meta.resolve("@pulumi/pulumi"))("source-map-support") as { install(): void };
translator.install();
Reflect.deleteProperty(Error, "prepareStackTrace");
