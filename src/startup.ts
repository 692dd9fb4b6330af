import { z } from "zod";

/** What must be set before anything else of the program is loaded: two habits of libraries that cost a preview more than they give it. */

// Pulumi's runner has stack traces translated by source maps, and takes one for every promise and every resource: most of a megabyte of the
// SDK's maps, parsed at each run. Node strips types in place, so lines and columns of this program are true as they are.
Reflect.deleteProperty(Error, "prepareStackTrace");

// Zod writes and compiles a function for each schema, which pays from the hundredth value on. A run checks one or two.
z.config({ jitless: true });
