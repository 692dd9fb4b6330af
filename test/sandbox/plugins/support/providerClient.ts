import grpc from "@grpc/grpc-js";
import engineGrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type * as enginePb from "@pulumi/pulumi/proto/engine_pb.js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerPb from "@pulumi/pulumi/proto/provider_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import type { ProviderDefinition } from "../../../../sandbox/plugins/base/index.ts";
import { InitializationError } from "../../../../sandbox/plugins/base/index.ts";
import type { Properties } from "../../../../sandbox/plugins/base/index.ts";
import { listen } from "../../../../sandbox/plugins/base/serve.ts";
import { readStruct, writeStruct } from "../../../../sandbox/plugins/base/wire.ts";
import statusPb from "@pulumi/pulumi/proto/status_pb.js";

/** A message that the provider sent to the engine. */
export interface EngineMessage {
  readonly severity: "debug" | "info" | "warning" | "error";
  readonly urn: string;
  readonly message: string;
  readonly ephemeral: boolean;
}

export interface DiffAnswer {
  readonly changes: boolean;
  /** Path to kind: `add`, `update-replace`, … */
  readonly detailed: Readonly<Record<string, string>>;
  readonly replaces: readonly string[];
  readonly stables: readonly string[];
  readonly deleteBeforeReplace: boolean;
}

export interface Checked {
  readonly inputs: Properties;
  /** `path: reason`, or the reason alone where the path is part of it, which is so for secret values. */
  readonly failures: readonly string[];
}

/** Talks to a provider as the engine does: over gRPC, through the SDK's own stubs, with a real engine service to log to. */
export interface ProviderClient {
  readonly messages: readonly EngineMessage[];
  checkConfig(config: Properties): Promise<Checked>;
  diffConfig(oldInputs: Properties, inputs: Properties): Promise<DiffAnswer>;
  configure(config: Properties): Promise<void>;
  check(token: string, inputs: Properties, oldInputs?: Properties): Promise<Checked>;
  diff(token: string, request: { oldInputs: Properties; inputs: Properties; oldState?: Properties }): Promise<DiffAnswer>;
  create(
    token: string,
    inputs: Properties,
    options?: { preview?: boolean; timeoutSeconds?: number },
  ): Promise<{ id: string; state: Properties }>;
  update(
    token: string,
    request: { id: string; oldInputs: Properties; oldState: Properties; inputs: Properties },
    options?: { preview?: boolean; timeoutSeconds?: number },
  ): Promise<Properties>;
  read(
    token: string,
    request: { id: string; inputs?: Properties; state?: Properties },
  ): Promise<{ id: string; inputs: Properties; state: Properties }>;
  delete(token: string, request: { id: string; inputs: Properties; state: Properties }): Promise<void>;
  invoke(token: string, inputs: Properties): Promise<Checked>;
  cancel(): Promise<void>;
  close(): void;
}

const kinds = ["add", "add-replace", "delete", "delete-replace", "update", "update-replace"];
const severities = ["debug", "info", "warning", "error"] as const;

/** Starts a provider in this process. `config` configures it at once, as most tests want; pass "unconfigured" to do it in the test. */
export async function connect(
  definition: ProviderDefinition<unknown>,
  config: Properties | "unconfigured" = {},
  environment: NodeJS.ProcessEnv = {},
): Promise<ProviderClient> {
  const messages: EngineMessage[] = [];
  const engine = await startEngine(messages);
  const served = await listen(definition, { engineAddress: engine.address, environment });
  const stub = new providerGrpc.ResourceProviderClient(`127.0.0.1:${served.port}`, grpc.credentials.createInsecure(), {
    "grpc.max_receive_message_length": -1,
    "grpc.max_metadata_size": 16 << 20,
  });
  const urn = (token: string): string => `urn:pulumi:stack::project::${token}::name`;

  const client: ProviderClient = {
    messages,
    checkConfig: async (inputs) => {
      const request = new providerPb.CheckRequest();
      request.setUrn(urn(`pulumi:providers:${definition.name}`));
      request.setNews(writeStruct(inputs));
      return checked(await call((done) => stub.checkConfig(request, done)));
    },
    diffConfig: async (oldInputs, inputs) => {
      const request = new providerPb.DiffRequest();
      request.setOldInputs(writeStruct(oldInputs));
      request.setOlds(writeStruct(oldInputs));
      request.setNews(writeStruct(inputs));
      return diffAnswer(await call((done) => stub.diffConfig(request, done)));
    },
    configure: async (inputs) => {
      const request = new providerPb.ConfigureRequest();
      request.setArgs(writeStruct(inputs));
      await call((done) => stub.configure(request, done));
    },
    check: async (token, inputs, oldInputs = {}) => {
      const request = new providerPb.CheckRequest();
      request.setUrn(urn(token));
      request.setOlds(writeStruct(oldInputs));
      request.setNews(writeStruct(inputs));
      return checked(await call((done) => stub.check(request, done)));
    },
    diff: async (token, { oldInputs, inputs, oldState }) => {
      const request = new providerPb.DiffRequest();
      request.setId("id");
      request.setUrn(urn(token));
      request.setOldInputs(writeStruct(oldInputs));
      request.setOlds(writeStruct(oldState ?? oldInputs));
      request.setNews(writeStruct(inputs));
      return diffAnswer(await call((done) => stub.diff(request, done)));
    },
    create: async (token, inputs, options = {}) => {
      const request = new providerPb.CreateRequest();
      request.setUrn(urn(token));
      request.setProperties(writeStruct(inputs));
      request.setPreview(options.preview ?? false);
      request.setTimeout(options.timeoutSeconds ?? 0);
      const response = await call<providerPb.CreateResponse>((done) => stub.create(request, done));
      return { id: response.getId(), state: readStruct(response.getProperties()) };
    },
    update: async (token, { id, oldInputs, oldState, inputs }, options = {}) => {
      const request = new providerPb.UpdateRequest();
      request.setId(id);
      request.setUrn(urn(token));
      request.setOldInputs(writeStruct(oldInputs));
      request.setOlds(writeStruct(oldState));
      request.setNews(writeStruct(inputs));
      request.setPreview(options.preview ?? false);
      request.setTimeout(options.timeoutSeconds ?? 0);
      const response = await call<providerPb.UpdateResponse>((done) => stub.update(request, done));
      return readStruct(response.getProperties());
    },
    read: async (token, { id, inputs, state }) => {
      const request = new providerPb.ReadRequest();
      request.setId(id);
      request.setUrn(urn(token));
      // An import has neither.
      if (inputs !== undefined) request.setInputs(writeStruct(inputs));
      if (state !== undefined) request.setProperties(writeStruct(state));
      const response = await call<providerPb.ReadResponse>((done) => stub.read(request, done));
      return { id: response.getId(), inputs: readStruct(response.getInputs()), state: readStruct(response.getProperties()) };
    },
    delete: async (token, { id, inputs, state }) => {
      const request = new providerPb.DeleteRequest();
      request.setId(id);
      request.setUrn(urn(token));
      request.setOldInputs(writeStruct(inputs));
      request.setProperties(writeStruct(state));
      await call((done) => stub.delete(request, done));
    },
    invoke: async (token, inputs) => {
      const request = new providerPb.InvokeRequest();
      request.setTok(token);
      request.setArgs(writeStruct(inputs));
      const response = await call<providerPb.InvokeResponse>((done) => stub.invoke(request, done));
      return { inputs: readStruct(response.getReturn()), failures: failures(response.getFailuresList()) };
    },
    cancel: async () => {
      await call((done) => stub.cancel(new emptyPb.Empty(), done));
    },
    close: () => {
      stub.close();
      served.close();
      engine.close();
    },
  };
  if (config !== "unconfigured") await client.configure(config);
  return client;
}

async function startEngine(messages: EngineMessage[]): Promise<{ readonly address: string; close(): void }> {
  const server = new grpc.Server();
  const log: grpc.handleUnaryCall<enginePb.LogRequest, emptyPb.Empty> = ({ request }, callback) => {
    const severity = severities[request.getSeverity()];
    messages.push({ severity, urn: request.getUrn(), message: request.getMessage(), ephemeral: request.getEphemeral() });
    callback(null, new emptyPb.Empty());
  };
  server.addService(engineGrpc.EngineService, { log });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}

function call<Response>(start: (done: (error: grpc.ServiceError | null, response: Response) => void) => void): Promise<Response> {
  return new Promise((resolve, reject) => {
    start((error, response) =>
      error === null ? resolve(response) : reject(initializationError(error) ?? new Error(error.details, { cause: error })),
    );
  });
}

/** A partial failure comes back as the error that the provider threw. */
function initializationError(error: grpc.ServiceError): InitializationError | undefined {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  if (!(bytes instanceof Buffer)) return undefined;
  const [detail] = statusPb.Status.deserializeBinary(bytes).getDetailsList();
  if (detail?.getTypeName() !== "pulumirpc.ErrorResourceInitFailed") return undefined;
  const failed = providerPb.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
  return new InitializationError(failed.getReasonsList(), { id: failed.getId(), outputs: readStruct(failed.getProperties()) });
}

function checked(response: providerPb.CheckResponse): Checked {
  return { inputs: readStruct(response.getInputs()), failures: failures(response.getFailuresList()) };
}

function failures(list: readonly providerPb.CheckFailure[]): string[] {
  return list.map((failure) => (failure.getProperty() === "" ? failure.getReason() : `${failure.getProperty()}: ${failure.getReason()}`));
}

function diffAnswer(response: providerPb.DiffResponse): DiffAnswer {
  const detailed = [...response.getDetaileddiffMap().entries()].map(([path, diff]) => [path, kinds[diff.getKind()] ?? "unknown"] as const);
  return {
    changes: response.getChanges() === providerPb.DiffResponse.DiffChanges.DIFF_SOME,
    detailed: Object.fromEntries(detailed),
    replaces: response.getReplacesList(),
    stables: response.getStablesList(),
    deleteBeforeReplace: response.getDeletebeforereplace(),
  };
}
