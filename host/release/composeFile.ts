import { stringify } from "yaml";
import type { ComposeDocument, ComposeService, Manifest, Mount } from "../../contract/index.ts";

/** Labels on every container of ours; whoever looks for containers goes by these, never by names. */
export const label = {
  instance: "dev.terrace.instance",
  environment: "dev.terrace.environment",
  part: "dev.terrace.part",
  service: "dev.terrace.service",
  role: "dev.terrace.role",
  release: "dev.terrace.release",
  releaseId: "dev.terrace.release-id",
} as const;

export interface ComposeFile {
  readonly manifest: Manifest;
  readonly release: string;
  readonly releaseId: string;
  /** Absolute path that the release directory will have. */
  readonly directory: string;
}

/**
 * The document of a release as `docker compose` reads it: the manifest's, with our labels, the release id in the environment, absolute
 * paths for configuration files, and no restart policy, since Docker must not start a container of ours before the switch says so.
 * The same for both colours; what differs between them is in `colourOverride`.
 */
export function composeFile(file: ComposeFile): ComposeDocument {
  const { document } = file.manifest.release.runtime;
  const services = Object.fromEntries(Object.entries(document.services).map(([name, service]) => [name, completed(file, name, service)]));
  return { ...document, services };
}

function completed(file: ComposeFile, name: string, service: ComposeService): ComposeService {
  const { manifest, release, releaseId, directory } = file;
  return {
    ...service,
    environment: { ...service.environment, TERRACE_RELEASE: releaseId },
    restart: "no",
    cap_drop: withoutRawSockets(service.cap_drop),
    labels: {
      ...service.labels,
      [label.instance]: manifest.instance,
      [label.environment]: manifest.environment,
      [label.service]: name,
      [label.role]: manifest.release.services[name]?.role ?? "",
      [label.release]: release,
      [label.releaseId]: releaseId,
    },
    ...(service.volumes === undefined ? {} : { volumes: service.volumes.map((mount) => withAbsoluteSource(mount, directory)) }),
  };
}

/**
 * Docker gives every container `NET_RAW` unless it is dropped, and with it a container could answer for the addresses of others on the
 * networks that instances share. The planner drops everything; this is for a document that it did not make.
 */
export function withoutRawSockets(dropped: readonly string[] = []): string[] {
  return dropped.includes("ALL") || dropped.includes("NET_RAW") ? [...dropped] : [...dropped, "NET_RAW"];
}

/** Binds point into the release directory itself: through the `current` link, a running container's files would change under it. */
function withAbsoluteSource(mount: Mount, directory: string): Mount {
  return mount.type === "bind" ? { ...mount, source: `${directory}/${mount.source}` } : mount;
}

/** A file that a container gets under `/run/secrets/`. */
export interface SecretFile {
  readonly service: string;
  readonly name: string;
  /** Where it lies on the host. */
  readonly source: string;
}

/** What is particular to one colour, as a second document that goes to `docker compose` on standard input and stands in no file. */
export function colourOverride(manifest: Manifest, colour: string, secretFiles: readonly SecretFile[]): unknown {
  const services = Object.keys(manifest.release.services).map((name) => {
    const volumes = secretFiles
      .filter(({ service }) => service === name)
      .map((file) => ({ type: "bind", source: file.source, target: `/run/secrets/${file.name}`, read_only: true }));
    return [name, { labels: { [label.part]: colour }, ...(volumes.length === 0 ? {} : { volumes }) }] as const;
  });
  return { services: Object.fromEntries(services) };
}

/** Every string quoted, so that no value can turn into a number, a date or a boolean on the way. */
export function composeText(document: unknown): string {
  return stringify(document, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN", lineWidth: 0, aliasDuplicateObjects: false });
}

/** `.env` for people (requirement D2): which image each service runs. Nothing reads it; compose gets `--env-file /dev/null`. */
export function imagesText(manifest: Manifest): string {
  const lines = Object.entries(manifest.release.runtime.document.services).map(
    ([name, service]) => `${name.toUpperCase().replaceAll("-", "_")}_IMAGE=${service.image}`,
  );
  return `# For people: the images of this release. Nothing reads this file.\n${lines.join("\n")}\n`;
}
