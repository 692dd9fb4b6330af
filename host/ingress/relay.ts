import { get } from "node:http";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { ingressApiAddress } from "../platform/ingressConfiguration.ts";

const timeout = 5000;

/** One answer of the relay. */
export type RelayAnswer = { readonly status: number; readonly body: string } | { readonly error: string };

/**
 * The program's other half inside Traefik's network namespace, started by `nsenter`: each line of input is a path, each line of output the
 * API's answer to it. Node cannot enter a namespace itself. Ends with its input.
 */
export async function relay(input: Readable, output: Writable): Promise<number> {
  for await (const path of createInterface({ input })) {
    const answer = await ask(path);
    output.write(`${JSON.stringify(answer)}\n`);
  }
  return 0;
}

function ask(path: string): Promise<RelayAnswer> {
  return new Promise((resolve) => {
    const request = get({ ...ingressApiAddress, timeout, path }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }));
      response.once("error", (error) => resolve({ error: error.message }));
    });
    request.once("timeout", () => request.destroy(new Error(`no answer within ${timeout} ms`)));
    request.once("error", (error) => resolve({ error: error.message }));
  });
}
