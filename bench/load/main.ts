/**
 * The load generator as a process of its own, so that what it measures does not share an event loop with it. Options as JSON in the first
 * argument; it prints `started`, runs until its standard input closes, and prints its samples as one line of JSON.
 */
import { openLoop, type LoadOptions } from "./openLoop.ts";

const options = JSON.parse(process.argv[2] ?? "{}") as LoadOptions;
const stop = new AbortController();
process.stdin.on("end", () => stop.abort());
process.stdin.resume();
process.stdout.write("started\n");
const samples = await openLoop(options, stop.signal);
process.stdout.write(`${JSON.stringify(samples)}\n`, () => process.exit(0));
