import grpc from "@grpc/grpc-js";
import type { handleServerStreamingCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import languagePb from "@pulumi/pulumi/proto/language_pb.js";
import type * as language from "@pulumi/pulumi/proto/language_pb.js";
import pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import type * as plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import { execFile, spawn } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { statusOf } from "../base/status.ts";
import { unary } from "../base/unary.ts";
import { installedPackages, requiredPlugins } from "./nodeModules.ts";
import { optionsOf, readOptions } from "./options.ts";
import type { RuntimeOptions } from "./options.ts";
import { findExecutable, runProgram } from "./program.ts";

/** The Node language host as the engine talks to it (proto/pulumi/language.proto). */
export class LanguageService {
  readonly #version: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #cancelled = new AbortController();
  #engineAddress: string;

  constructor(options: { readonly version: string; readonly engineAddress: string; readonly environment: NodeJS.ProcessEnv }) {
    this.#version = options.version;
    this.#engineAddress = options.engineAddress;
    this.#environment = options.environment;
  }

  handlers(): UntypedServiceImplementation {
    const refused = ["getRequiredPlugins", "generateProgram", "generateProject", "generatePackage", "pack", "link", "runPlugin"];
    return {
      handshake: unary((request: language.LanguageHandshakeRequest) => this.#handshake(request)),
      getRequiredPackages: unary((request: language.GetRequiredPackagesRequest) => requiredPackages(programDirectory(request))),
      run: unary((request: language.RunRequest) => this.#run(request)),
      getPluginInfo: unary(() => this.#pluginInfo()),
      installDependencies: (call: Parameters<typeof installDependencies>[0]) => void installDependencies(call),
      runtimeOptionsPrompts: unary(() => new languagePb.RuntimeOptionsResponse()),
      template: unary(() => new languagePb.TemplateResponse()),
      about: unary(() => this.#about()),
      getProgramDependencies: unary((request: language.GetProgramDependenciesRequest) => programDependencies(request)),
      cancel: unary(() => this.#cancel()),
      ...Object.fromEntries(refused.map((name) => [name, refuse(name)])),
    };
  }

  #handshake(request: language.LanguageHandshakeRequest): language.LanguageHandshakeResponse {
    this.#engineAddress = request.getEngineAddress();
    return new languagePb.LanguageHandshakeResponse();
  }

  async #run(request: language.RunRequest): Promise<language.RunResponse> {
    const info = request.getInfo();
    const { error, bail } = await runProgram(
      {
        monitorAddress: request.getMonitorAddress(),
        engineAddress: this.#engineAddress,
        organization: request.getOrganization(),
        project: request.getProject(),
        stack: request.getStack(),
        rootDirectory: info?.getRootDirectory() ?? "",
        programDirectory: programDirectory(request),
        entryPoint: info?.getEntryPoint() ?? request.getProgram(),
        arguments: request.getArgsList(),
        config: new Map(request.getConfigMap().entries()),
        configSecretKeys: request.getConfigsecretkeysList(),
        dryRun: request.getDryrun(),
        parallel: request.getParallel(),
        options: programOptions(request),
      },
      this.#environment,
      this.#cancelled.signal,
    );
    const response = new languagePb.RunResponse();
    response.setError(error);
    response.setBail(bail);
    return response;
  }

  #pluginInfo(): plugin.PluginInfo {
    const info = new pluginPb.PluginInfo();
    info.setVersion(this.#version);
    return info;
  }

  /** Asked at the beginning of every preview and every update, so it starts a Node only for one that is not this one. */
  async #about(): Promise<language.AboutResponse> {
    const executable = findExecutable("node", this.#environment["PATH"] ?? "");
    const isThis = realpathSync(executable) === realpathSync(process.execPath);
    const version = isThis
      ? process.version
      : (await promisify(execFile)(executable, ["--version"], { env: this.#environment })).stdout.trim();
    const response = new languagePb.AboutResponse();
    response.setExecutable(executable);
    response.setVersion(version);
    response.getMetadataMap().set("packagemanager", "npm");
    return response;
  }

  #cancel(): emptyPb.Empty {
    this.#cancelled.abort();
    return new emptyPb.Empty();
  }
}

interface WithInfo {
  getInfo(): language.ProgramInfo | undefined;
}

function programDirectory(request: WithInfo): string {
  const directory = request.getInfo()?.getProgramDirectory() ?? "";
  if (directory === "") throw new Error("the engine sent no program directory");
  return directory;
}

function programOptions(request: WithInfo): RuntimeOptions {
  return readOptions(optionsOf(request.getInfo()?.getOptions()?.toJavaScript()));
}

function requiredPackages(directory: string): language.GetRequiredPackagesResponse {
  const packages = requiredPlugins(directory).map(({ name, version, server, parameterization }) => {
    const dependency = new pluginPb.PackageDependency();
    dependency.setName(name);
    dependency.setKind("resource");
    dependency.setVersion(version);
    dependency.setServer(server);
    if (parameterization !== undefined) {
      const message = new pluginPb.PackageParameterization();
      message.setName(parameterization.name);
      message.setVersion(parameterization.version);
      message.setValue(parameterization.value);
      dependency.setParameterization(message);
    }
    return dependency;
  });
  const response = new languagePb.GetRequiredPackagesResponse();
  response.setPackagesList(packages);
  return response;
}

function programDependencies(request: language.GetProgramDependenciesRequest): language.GetProgramDependenciesResponse {
  const directory = programDirectory(request);
  const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Record<string, Record<string, string> | undefined>;
  const direct = new Set([...Object.keys(manifest["dependencies"] ?? {}), ...Object.keys(manifest["devDependencies"] ?? {})]);
  const isDirect = (path: string, name: string): boolean => direct.has(name) && path === join(directory, "node_modules", name);
  const dependencies = installedPackages(directory)
    .filter(({ path, name }) => request.getTransitivedependencies() || isDirect(path, name))
    .map(({ name, version }) => {
      const dependency = new languagePb.DependencyInfo();
      dependency.setName(name);
      dependency.setVersion(version);
      return dependency;
    });
  const response = new languagePb.GetProgramDependenciesResponse();
  response.setDependenciesList(dependencies);
  return response;
}

/** `pulumi install`: npm, with what it says passed on as it says it. */
async function installDependencies(
  call: Parameters<handleServerStreamingCall<language.InstallDependenciesRequest, language.InstallDependenciesResponse>>[0],
): Promise<void> {
  const say = (stream: "stdout" | "stderr", bytes: Uint8Array): void => {
    const response = new languagePb.InstallDependenciesResponse();
    if (stream === "stdout") response.setStdout(bytes);
    else response.setStderr(bytes);
    call.write(response);
  };
  try {
    const { production } = programOptions(call.request);
    say("stdout", Buffer.from("Installing dependencies...\n\n"));
    const npm = spawn("npm", ["install", "--loglevel=error", ...(production ? ["--omit=dev"] : [])], {
      cwd: programDirectory(call.request),
      stdio: ["ignore", "pipe", "pipe"],
    });
    npm.stdout.on("data", (chunk: Buffer) => say("stdout", chunk));
    npm.stderr.on("data", (chunk: Buffer) => say("stderr", chunk));
    const status = await new Promise<number | null>((resolve, reject) => {
      npm.once("error", reject);
      npm.once("close", resolve);
    });
    if (status !== 0) throw new Error(`npm install failed with exit status ${String(status)}`);
    say("stdout", Buffer.from("Finished installing dependencies\n\n"));
    call.end();
  } catch (error) {
    call.emit("error", statusOf(error));
  }
}

/** Unimplemented is what makes the engine go on with its older ways, or say so. */
function refuse(name: string): (call: unknown, callback?: unknown) => void {
  const error = Object.assign(new Error(), {
    code: grpc.status.UNIMPLEMENTED,
    details: `${name} is not implemented by the sandbox's Node language host; use the official Pulumi CLI for it`,
  });
  return (call, callback) => {
    if (typeof callback === "function") (callback as (error: unknown) => void)(error);
    else (call as { emit(event: string, error: unknown): void }).emit("error", error);
  };
}
