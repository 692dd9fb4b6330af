import type { Verb } from "./verb.ts";

/**
 * Every entry of the program: the name after `terrace-` in `/opt/terrace/bin/`, and the first argument of `terrace`. A verb's own folder
 * exports it; this table is the only place that knows them all.
 */
export const verbs: Readonly<Record<string, Verb>> = {};
