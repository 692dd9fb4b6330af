import type { ComponentResourceOptions, ProviderResource, Resource } from "@pulumi/pulumi";
import { App, InstanceSecrets, lookUpImages } from "../components/app/index.ts";
import { Data } from "../components/data/index.ts";
import { cloudflareProvider, Edge } from "../components/edge/index.ts";
import { type HostBundle, Platform } from "../components/platform/index.ts";
import type { HostConnection } from "../components/remote/index.ts";
import type { PlannedApp } from "./plannedApp.ts";
import type { SecretValues } from "./secrets/index.ts";
import { faultsError } from "./settings/index.ts";
import type { Settings } from "./settings/settings.ts";

/** What a stack is made from: plain settings and plans, and secrets that only Pulumi opens. */
export interface StackInput {
  readonly settings: Settings;
  readonly secrets: SecretValues;
  readonly apps: readonly PlannedApp[];
  /** The host program and its bootstrap script; only where this stack owns its platform. */
  readonly host: { readonly bundle: HostBundle; readonly bootstrap: string } | undefined;
  /** The explicit provider of all remote commands. */
  readonly remote: ProviderResource;
}

/**
 * One stack: platform, edge and data before every rollout, ordered by dependence alone. No result of a command is ever part of a later
 * request: it would be unknown in a preview, and a reviewer would see nothing.
 */
export async function createStack(
  input: StackInput,
): Promise<{ readonly platform: Platform; readonly apps: Readonly<Record<string, App>> }> {
  // Before the registry is asked: meanwhile the engine starts the provider's plugin.
  const edge = edgeOptions(input);
  await refuseAbsentImages(input);
  // Handed down to every remote command: default providers are disabled.
  const remote = { providers: [input.remote] };
  const platform = createPlatform(input, remote);
  const ground = [platform, ...createEdge(input, edge)];
  const apps = Object.fromEntries(input.apps.map((app) => [app.name, createApp(app, input, remote, ground)]));
  return { platform, apps };
}

async function refuseAbsentImages({ settings, secrets, apps }: StackInput): Promise<void> {
  const { platform } = settings;
  const images = apps.flatMap(({ name, settings: app }) =>
    Object.entries(app.images).map(([service, reference]) => ({ path: `apps.${name}.images.${service}`, reference })),
  );
  if (platform.mode === "own") images.push({ path: "platform.ingress.image", reference: platform.ingress.image });
  const credentials = { username: secrets.secret("REGISTRY_USERNAME"), password: secrets.secret("REGISTRY_PASSWORD") };
  const registry = { address: settings.registry.address, authority: secrets.registryAuthority, ...credentials };
  const faults = await lookUpImages("registry", registry, images);
  if (faults.length > 0) throw faultsError("the registry was asked for every pinned image", faults);
}

function createPlatform(input: StackInput, options: ComponentResourceOptions): Platform {
  const { settings, secrets, host } = input;
  const { platform } = settings;
  const deployer = deployConnection(settings, secrets);
  if (platform.mode === "reuse" || host === undefined) {
    return new Platform("platform", { mode: "reuse", connection: deployer, hostSecrets: secrets.hostSecrets }, options);
  }
  const connection = { ...deployer, user: secrets.secret("PLATFORM_SSH_USER"), privateKey: secrets.secret("PLATFORM_SSH_PRIVATE_KEY") };
  const { registryAuthority, hostSecrets } = secrets;
  const plan = {
    program: host.bundle.sha256,
    epoch: platform.epoch,
    host: settings.host.name,
    environment: settings.environment,
    settings: platform,
    ingressImage: platform.ingress.image,
    deployKey: secrets.publicKeyOf("SSH_PRIVATE_KEY", `deploy-${settings.environment}`),
    operators: secrets.operators,
    registryAuthorities: registryAuthority === undefined ? {} : { [settings.registry.address]: registryAuthority },
  };
  return new Platform(
    "platform",
    { mode: "own", connection, plan, bundlePath: host.bundle.path, bootstrap: host.bootstrap, hostSecrets },
    options,
  );
}

function edgeOptions({ settings, secrets }: StackInput): ComponentResourceOptions {
  return settings.edge === undefined ? {} : { providers: [cloudflareProvider("cloudflare", secrets.secret("CLOUDFLARE_API_TOKEN"))] };
}

function createEdge({ settings, secrets }: StackInput, options: ComponentResourceOptions): Edge[] {
  if (settings.edge === undefined) return [];
  const args = { settings: settings.edge, zoneId: secrets.secret("CLOUDFLARE_ZONE_ID"), hostAddress: secrets.host.address };
  return [new Edge("edge", args, options)];
}

function createApp(
  app: PlannedApp,
  { settings, secrets }: StackInput,
  options: ComponentResourceOptions,
  ground: readonly Resource[],
): App {
  const connection = deployConnection(settings, secrets);
  const { request, fingerprints } = secrets.instance(app.name);
  const after = (...resources: Resource[]): ComponentResourceOptions => ({ ...options, dependsOn: [...ground, ...resources] });
  const identity = {
    connection,
    app: app.name,
    environment: settings.environment,
    instance: app.instance,
    owner: { project: settings.project, stack: settings.environment },
  };
  const { plan } = app;
  const { epoch, release: provenance } = app.settings;
  const sealed = request === undefined ? [] : [new InstanceSecrets(`${app.name}-secrets`, { connection, request }, after())];
  const data = new Data(
    `${app.name}-data`,
    { ...identity, plan: plan.data, settings: settings.data, fingerprint: fingerprints.data },
    after(...sealed),
  );
  return new App(
    app.name,
    { ...identity, provenance, release: plan.release, epoch, fingerprint: fingerprints.app },
    after(...sealed, data),
  );
}

function deployConnection(settings: Settings, secrets: SecretValues): HostConnection {
  return { ...secrets.host, port: settings.host.port, user: secrets.secret("SSH_USER"), privateKey: secrets.secret("SSH_PRIVATE_KEY") };
}
