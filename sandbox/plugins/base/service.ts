import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import providerPb from "@pulumi/pulumi/proto/provider_pb.js";
import type * as provider from "@pulumi/pulumi/proto/provider_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import { checkConfig, diffConfig, readConfig } from "./config.ts";
import type { FunctionDefinition, OperationContext, ProviderDefinition, ResourceDefinition } from "./definition.ts";
import { EngineLog } from "./engineLog.ts";
import { NotImplementedError } from "./errors.ts";
import {
  checkResource,
  createResource,
  deleteResource,
  diffResource,
  invokeFunction,
  previewResource,
  readResource,
  updateResource,
} from "./operations.ts";
import { checkResponse, diffRequest, diffResponse, failureMessage } from "./messages.ts";
import { unary } from "./unary.ts";
import { containsSecret } from "./value.ts";
import { readStruct, writeStruct } from "./wire.ts";

/**
 * A provider as the engine talks to it (proto/pulumi/provider.proto). Requests are decoded, handed to the operations, and encoded again;
 * everything that has a meaning of its own is elsewhere.
 */
export class ProviderService {
  readonly #provider: ProviderDefinition<unknown>;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #cancelled = new AbortController();
  #log: EngineLog;
  #client: Promise<unknown> | undefined;

  constructor(
    definition: ProviderDefinition<unknown>,
    options: { readonly engineAddress: string; readonly environment: NodeJS.ProcessEnv },
  ) {
    this.#provider = definition;
    this.#environment = options.environment;
    this.#log = new EngineLog(options.engineAddress);
  }

  handlers(): UntypedServiceImplementation {
    return {
      handshake: unary((request: provider.ProviderHandshakeRequest) => this.#handshake(request)),
      attach: unary((request: { getAddress(): string }) => this.#attach(request.getAddress())),
      getPluginInfo: unary(() => this.#pluginInfo()),
      checkConfig: unary((request: provider.CheckRequest) => this.#checkConfig(request)),
      diffConfig: unary((request: provider.DiffRequest) => this.#diffConfig(request)),
      configure: unary((request: provider.ConfigureRequest) => this.#configure(request)),
      invoke: unary((request: provider.InvokeRequest) => this.#invoke(request)),
      check: unary((request: provider.CheckRequest) => this.#check(request)),
      diff: unary((request: provider.DiffRequest) => this.#diff(request)),
      create: unary((request: provider.CreateRequest) => this.#create(request)),
      read: unary((request: provider.ReadRequest) => this.#read(request)),
      update: unary((request: provider.UpdateRequest) => this.#update(request)),
      delete: unary((request: provider.DeleteRequest) => this.#delete(request)),
      cancel: unary(() => this.#cancel()),
      getMapping: unary(() => new providerPb.GetMappingResponse()),
      getMappings: unary(() => new providerPb.GetMappingsResponse()),
      getSchema: unary(() => this.#refuse("GetSchema")),
      parameterize: unary(() => this.#refuse("Parameterize")),
      construct: unary(() => this.#refuse("Construct")),
      call: unary(() => this.#refuse("Call")),
    };
  }

  #handshake(request: provider.ProviderHandshakeRequest): provider.ProviderHandshakeResponse {
    this.#attach(request.getEngineAddress());
    const response = new providerPb.ProviderHandshakeResponse();
    response.setAcceptSecrets(true);
    // References and outputs then arrive as what they refer to: an id, a value.
    response.setAcceptResources(false);
    response.setAcceptOutputs(false);
    return response;
  }

  #attach(engineAddress: string): emptyPb.Empty {
    this.#log.close();
    this.#log = new EngineLog(engineAddress);
    return new emptyPb.Empty();
  }

  #pluginInfo(): pluginPb.PluginInfo {
    const info = new pluginPb.PluginInfo();
    info.setVersion(this.#provider.version);
    return info;
  }

  #checkConfig(request: provider.CheckRequest): provider.CheckResponse {
    // The engine sends configuration without secret marks: any value may be one.
    return checkResponse(checkConfig(this.#provider, readStruct(request.getNews()), this.#environment), () => true);
  }

  #diffConfig(request: provider.DiffRequest): provider.DiffResponse {
    return diffResponse(
      diffConfig(this.#provider, readStruct(request.getOldInputs() ?? request.getOlds()), readStruct(request.getNews())),
      [],
    );
  }

  async #configure(request: provider.ConfigureRequest): Promise<provider.ConfigureResponse> {
    const config = readConfig(this.#provider, readStruct(request.getArgs()));
    this.#client = Promise.resolve(this.#provider.configure(config));
    await this.#client;
    const response = new providerPb.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    return response;
  }

  #check(request: provider.CheckRequest): provider.CheckResponse {
    const resource = this.#resource(request.getUrn());
    const given = readStruct(request.getNews());
    const checked = checkResource(resource, request.getName() || nameOf(request.getUrn()), given, readStruct(request.getOlds()));
    return checkResponse(checked, (name) => resource.inputs[name]?.secret === true || containsSecret(given[name]));
  }

  #diff(request: provider.DiffRequest): provider.DiffResponse {
    const { stables, ...difference } = diffResource(this.#provider, this.#resource(request.getUrn()), diffRequest(request));
    return diffResponse(difference, stables);
  }

  async #create(request: provider.CreateRequest): Promise<provider.CreateResponse> {
    const resource = this.#resource(request.getUrn());
    const inputs = readStruct(request.getProperties());
    const response = new providerPb.CreateResponse();
    if (request.getPreview()) {
      response.setProperties(writeStruct(previewResource(resource, inputs, undefined)));
      return response;
    }
    const made = await this.#run(request.getUrn(), request.getTimeout(), (context) => createResource(resource, inputs, context));
    response.setId(made.id);
    response.setProperties(writeStruct(made.state));
    return response;
  }

  async #update(request: provider.UpdateRequest): Promise<provider.UpdateResponse> {
    const resource = this.#resource(request.getUrn());
    const change = diffRequest(request);
    const state = request.getPreview()
      ? previewResource(resource, change.inputs, change)
      : await this.#run(request.getUrn(), request.getTimeout(), (context) => updateResource(resource, change, context));
    const response = new providerPb.UpdateResponse();
    response.setProperties(writeStruct(state));
    return response;
  }

  async #read(request: provider.ReadRequest): Promise<provider.ReadResponse> {
    const resource = this.#resource(request.getUrn());
    const [inputs, state] = [readStruct(request.getInputs()), readStruct(request.getProperties())];
    const old = { id: request.getId(), inputs, state, kept: request.hasInputs() };
    const found = await this.#run(request.getUrn(), 0, (context) => readResource(resource, old, context));
    const response = new providerPb.ReadResponse();
    if (found === undefined) return response; // No id: the engine drops the resource from state and says so.
    response.setId(found.id);
    response.setInputs(writeStruct(found.inputs));
    response.setProperties(writeStruct(found.state));
    return response;
  }

  async #delete(request: provider.DeleteRequest): Promise<emptyPb.Empty> {
    const resource = this.#resource(request.getUrn());
    const old = { id: request.getId(), inputs: readStruct(request.getOldInputs()), state: readStruct(request.getProperties()) };
    await this.#run(request.getUrn(), request.getTimeout(), (context) => deleteResource(resource, old, context));
    return new emptyPb.Empty();
  }

  async #invoke(request: provider.InvokeRequest): Promise<provider.InvokeResponse> {
    const definition = this.#function(request.getTok());
    const { inputs, failures } = await this.#run("", 0, (context) => invokeFunction(definition, readStruct(request.getArgs()), context));
    const response = new providerPb.InvokeResponse();
    response.setReturn(writeStruct(inputs));
    response.setFailuresList(failures.map(failureMessage));
    return response;
  }

  #cancel(): emptyPb.Empty {
    this.#cancelled.abort(new Error("cancelled by the engine"));
    return new emptyPb.Empty();
  }

  #refuse(call: string): never {
    throw new NotImplementedError(`${this.#provider.name}: ${call}`, [
      "check, diff, create, read, update and delete of its resources",
      "its functions",
    ]);
  }

  /** Runs an operation with everything it may use, and lets its messages reach the engine before its answer does. */
  async #run<T>(urn: string, timeoutSeconds: number, work: (context: OperationContext<unknown>) => Promise<T>): Promise<T> {
    if (this.#client === undefined) throw new Error(`the ${this.#provider.name} provider was used before it was configured`);
    const client = await this.#client;
    const log = this.#log.forResource(urn);
    const limit = timeoutSeconds > 0 ? AbortSignal.timeout(timeoutSeconds * 1000) : undefined;
    const signal = limit === undefined ? this.#cancelled.signal : AbortSignal.any([this.#cancelled.signal, limit]);
    try {
      return await work({ client, name: nameOf(urn), urn, signal, timeoutSeconds: timeoutSeconds > 0 ? timeoutSeconds : undefined, log });
    } finally {
      await log.flush();
    }
  }

  #resource(urn: string): ResourceDefinition<unknown> {
    const token = typeOf(urn);
    const found = this.#provider.resources.find((resource) => resource.token === token);
    if (found === undefined)
      throw new NotImplementedError(
        `the resource ${token}`,
        this.#provider.resources.map((resource) => resource.token),
      );
    return found;
  }

  #function(token: string): FunctionDefinition<unknown> {
    const found = this.#provider.functions.find((candidate) => candidate.token === token);
    if (found === undefined)
      throw new NotImplementedError(
        `the function ${token}`,
        this.#provider.functions.map((candidate) => candidate.token),
      );
    return found;
  }
}

/** `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`; the name may hold "::" itself. */
function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}
