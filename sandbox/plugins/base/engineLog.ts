import grpc from "@grpc/grpc-js";
import engineGrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import enginePb from "@pulumi/pulumi/proto/engine_pb.js";
import type { Log } from "./definition.ts";

type Severity = keyof typeof severities;

/** A log of one operation, and a way to wait until the engine has all of it: the operation's answer must not overtake its messages. */
export interface OperationLog extends Log {
  flush(): Promise<void>;
}

/** Says things to the engine at `address` (`host:port`). Connects at the first message: most runs have none. */
export class EngineLog {
  readonly #address: string;
  #client: engineGrpc.EngineClient | undefined;

  constructor(address: string) {
    this.#address = address;
  }

  forResource(urn: string): OperationLog {
    let last: Promise<void> = Promise.resolve();
    const say = (severity: Severity, message: string, ephemeral: boolean): void => {
      last = last.then(() => this.#send(urn, severity, message, ephemeral));
    };
    return {
      debug: (message) => say("debug", message, false),
      info: (message) => say("info", message, false),
      warning: (message) => say("warning", message, false),
      error: (message) => say("error", message, false),
      status: (message) => say("info", message, true),
      flush: () => last,
    };
  }

  close(): void {
    this.#client?.close();
  }

  #send(urn: string, severity: Severity, message: string, ephemeral: boolean): Promise<void> {
    this.#client ??= new engineGrpc.EngineClient(this.#address, grpc.credentials.createInsecure());
    const client = this.#client;
    const request = new enginePb.LogRequest();
    request.setSeverity(severities[severity]);
    request.setMessage(message.toWellFormed());
    request.setUrn(urn);
    request.setEphemeral(ephemeral);
    return new Promise((resolve) => {
      client.log(request, (error) => {
        // The engine keeps a plugin's stderr for when the plugin dies early; the operation itself goes on.
        if (error !== null) process.stderr.write(`could not log to the engine: ${error.message}\n`);
        resolve();
      });
    });
  }
}

const severities = {
  debug: enginePb.LogSeverity.DEBUG,
  info: enginePb.LogSeverity.INFO,
  warning: enginePb.LogSeverity.WARNING,
  error: enginePb.LogSeverity.ERROR,
};
