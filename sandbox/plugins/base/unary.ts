import type { handleUnaryCall } from "@grpc/grpc-js";
import { statusOf } from "./status.ts";

/** A gRPC handler from a function that returns its answer or throws. */
export function unary<Request, Response>(answer: (request: Request) => Response | Promise<Response>): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => answer(call.request))
      .then(
        (response) => callback(null, response),
        (error: unknown) => {
          // The engine shows the message. A fault of the program itself keeps its stack too: in the plugin's stderr, seen with -v=9.
          if (error instanceof TypeError || error instanceof RangeError) process.stderr.write(`${error.stack ?? error.message}\n`);
          callback(statusOf(error));
        },
      );
  };
}
