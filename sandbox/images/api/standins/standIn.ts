import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** A server that takes a real product's place where no package registry has the product, and says so on every answer. */
export interface StandIn {
  /** The real product's name. */
  readonly product: string;
  readonly port: number;
  readonly answer: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;
}

/** The sentence that every answer carries. */
export function standInNotice(product: string): string {
  return `This is not ${product}: it is a stand-in of the Terrace sandbox, which cannot get ${product} from package registries.`;
}

/** Serves until SIGTERM or SIGINT; requests under way are finished. */
export function serveStandIn({ product, port, answer }: StandIn): void {
  const server = createServer((request, response) => {
    response.setHeader("x-stand-in", standInNotice(product));
    response.setHeader("cache-control", "no-store");
    Promise.resolve(answer(request, response)).catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      if (!response.headersSent) response.writeHead(502, { "content-type": "text/plain; charset=utf-8" });
      response.end(`${standInNotice(product)}\n${String(error)}\n`);
    });
  });
  server.listen(port, () => process.stdout.write(`${standInNotice(product)} Listening on ${port}.\n`));
  const stop = (): void => {
    server.close(() => process.exit(0));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}
