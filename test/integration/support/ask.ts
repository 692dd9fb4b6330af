import { request } from "node:https";
import type { World } from "./world.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Question {
  readonly method?: string;
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks a public name through the edge, with the certificate verified, as a visitor would. */
export function ask(world: World, host: string, question: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: world.sandbox.slot.edgeLoopback,
        port: 443,
        servername: host,
        ca: world.authority,
        agent: false,
        method: question.method ?? (question.body === undefined ? "GET" : "POST"),
        path: question.path,
        headers: { host, ...(question.body === undefined ? {} : { "content-type": "application/json" }), ...question.headers },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () =>
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks).toString() }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(question.body);
  });
}

/** Asks the demo's GraphQL API and gives `data`; throws what it answered when that is not all of it. */
export async function graphql<Data>(world: World, host: string, query: string): Promise<Data> {
  const answer = await ask(world, host, { path: "/graphql", body: JSON.stringify({ query }) });
  const parsed = answer.status === 200 ? (JSON.parse(answer.body) as { data?: Data; errors?: unknown }) : undefined;
  if (parsed?.data === undefined || parsed.errors !== undefined) throw new Error(`${host}: status ${answer.status}: ${answer.body}`);
  return parsed.data;
}
