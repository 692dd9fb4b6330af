import grpc from "@grpc/grpc-js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { flushCompileCache } from "node:module";
import type { ProviderDefinition } from "./definition.ts";
import { endWithTheEngine } from "./lifetime.ts";
import { ProviderService } from "./service.ts";

export interface ServedProvider {
  readonly port: number;
  close(): void;
}

/** Serves a provider on a loopback port of its own. */
export async function listen(
  definition: ProviderDefinition<unknown>,
  options: { readonly engineAddress: string; readonly environment: NodeJS.ProcessEnv },
): Promise<ServedProvider> {
  // Compose files, archives and command output are larger than gRPC's default of 4 MiB.
  const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  server.addService(providerGrpc.ResourceProviderService, new ProviderService(definition, options).handlers());
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, close: () => server.forceShutdown() };
}

/**
 * The main function of a plugin process: serves, prints the port on stdout as the engine expects it, and ends with the engine.
 * The engine's address is the last argument; what stands before it are logging flags.
 */
export async function serveProvider(definition: ProviderDefinition<unknown>): Promise<void> {
  const served = await listen(definition, { engineAddress: process.argv.at(-1) ?? "", environment: process.env });
  endWithTheEngine();
  process.stdout.write(`${served.port}\n`);
  // The engine ends plugins by a signal, at which Node would not write its compile cache.
  setImmediate(flushCompileCache);
}
