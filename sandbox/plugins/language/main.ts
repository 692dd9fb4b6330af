import grpc from "@grpc/grpc-js";
import languageGrpc from "@pulumi/pulumi/proto/language_grpc_pb.js";
import { flushCompileCache } from "node:module";
import { endWithTheEngine } from "../base/lifetime.ts";
import { LanguageService } from "./service.ts";

/** Version of the engine that this host was written for; it appears in `pulumi about`. */
const version = "3.230.0";

const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
const service = new LanguageService({ version, engineAddress: process.argv.at(-1) ?? "", environment: process.env });
server.addService(languageGrpc.LanguageRuntimeService, service.handlers());
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.stdout.write(`${port}\n`);
  setImmediate(flushCompileCache);
});
endWithTheEngine();
