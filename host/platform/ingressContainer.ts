import { createHash } from "node:crypto";
import { join } from "node:path";
import { canonicalJson } from "../../contract/index.ts";
import type { Json, PlatformRequest } from "../../contract/index.ts";
import { ingressNetwork } from "../ingress/api.ts";
import type { HostPaths } from "../paths.ts";
import { label } from "../release/composeFile.ts";
import { insideIngress } from "./ingressConfiguration.ts";

/** Hash over what a container or network of the platform was made from. */
export const definitionLabel = "dev.terrace.definition";

/** 512 MiB: Traefik with some hundred routers takes a tenth of it, the rest is for connections. */
const memoryBytes = 512 * 1024 * 1024;
const nanosecondsPerSecond = 1_000_000_000;

export interface IngressContainer {
  /** Body for Docker's "create a container". */
  readonly body: Readonly<Record<string, Json>>;
  /** Over the body and the configuration it starts with: another one means that the container must be made anew. */
  readonly definition: string;
}

/** The only container that publishes ports. It holds private keys and takes connections from everybody, so it may do nothing else. */
export function ingressContainer(
  { environment, ingress }: Pick<PlatformRequest, "environment" | "ingress">,
  configuration: string,
  paths: HostPaths,
): IngressContainer {
  const mount = (source: string, target: string): Json => ({ Type: "bind", Source: source, Target: target, ReadOnly: true });
  const body = {
    Image: ingress.image,
    // By name: where an image keeps the program differs, that it is found by its PATH does not.
    Entrypoint: ["traefik"],
    Cmd: [`--configFile=${insideIngress.configuration}`],
    // Root inside, without root's powers: the private keys are root's, 0600.
    User: "0:0",
    Healthcheck: {
      Test: ["CMD", "traefik", "healthcheck", `--configFile=${insideIngress.configuration}`],
      // Starting the program takes a fifth of a second of a processor; while it comes up somebody waits, afterwards nobody does.
      Interval: 30 * nanosecondsPerSecond,
      Timeout: 5 * nanosecondsPerSecond,
      Retries: 3,
      StartPeriod: 30 * nanosecondsPerSecond,
      StartInterval: nanosecondsPerSecond / 4,
    },
    // More than the grace that Traefik itself gives to requests under way.
    StopTimeout: 15,
    ExposedPorts: { "80/tcp": {}, "443/tcp": {} },
    Labels: {
      [label.environment]: environment,
      [label.part]: "ingress",
      [label.role]: "ingress",
      [label.service]: "traefik",
    },
    HostConfig: {
      NetworkMode: ingressNetwork,
      PortBindings: { "80/tcp": [{ HostPort: "80" }], "443/tcp": [{ HostPort: "443" }] },
      RestartPolicy: { Name: "unless-stopped" },
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      CapAdd: ["NET_BIND_SERVICE"],
      SecurityOpt: ["no-new-privileges:true"],
      Memory: memoryBytes,
      PidsLimit: 512,
      // Folders, not files, where files come and go by rename: a mounted file would stay the one that was there at the start.
      Mounts: [
        mount(ingressConfigurationPath(paths), insideIngress.configuration),
        mount(paths.ingressDynamic, insideIngress.dynamic),
        mount(paths.ingressCertificates, insideIngress.certificates),
      ],
    },
  } as const;
  const definition = createHash("sha256")
    .update(`terrace/ingress/v1\n${canonicalJson([body, configuration])}`)
    .digest("hex");
  return { body: { ...body, Labels: { ...body.Labels, [definitionLabel]: definition } }, definition };
}

export function ingressConfigurationPath(paths: HostPaths): string {
  return join(paths.ingress, "traefik.yml");
}
