import { z } from "zod";

/** Imported before everything else of the program: schemas look at this when they are made. */

// Zod would write and compile a function for each schema, which pays from the hundredth value on. A run checks one or two.
z.config({ jitless: true });
