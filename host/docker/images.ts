import { z } from "zod";
import { parseReference } from "../../contract/index.ts";
import type { RegistryCredentials } from "../context.ts";
import { Failure } from "../ending.ts";
import { judgePullFailure } from "./pullFailure.ts";
import { jsonLines } from "./streams.ts";
import { DockerError } from "./transport.ts";
import type { Transport } from "./transport.ts";

const ImageDetails = z.object({
  Id: z.string(),
  Architecture: z.string(),
  Os: z.string(),
  Config: z
    .object({
      Volumes: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
});

const PullLine = z.object({ id: z.string().optional(), status: z.string().optional(), error: z.string().optional() });

export interface Image {
  readonly id: string;
  readonly os: string;
  readonly architecture: string;
  /** Paths the image itself declares as VOLUME: each would become an anonymous volume that no release owns. */
  readonly volumes: readonly string[];
}

export interface ImageCalls {
  /** By reference, digest or id; `undefined` when this host does not hold it. Asks no registry. */
  image(reference: string): Promise<Image | undefined>;
  /**
   * Fetches an image by its digest. Credentials go into the one request and nowhere else. `onLayers` hears how many layers are there of
   * how many known. Throws `Failure` with the code of `judgePullFailure`.
   */
  pull(reference: string, credentials: RegistryCredentials | undefined, onLayers: (done: number, known: number) => void): Promise<void>;
}

/** What Docker looks an image up by: the tag is for people, and Docker would take it for a second condition. */
export function digestReference(reference: string): string {
  const parsed = parseReference(reference);
  return parsed === undefined ? reference : `${parsed.registry}/${parsed.path}@${parsed.digest}`;
}

/** A VOLUME of an image that no mount covers: Docker would make an anonymous one, which nobody finds again. */
export function uncoveredVolume({ volumes }: Pick<Image, "volumes">, targets: readonly string[]): string | undefined {
  const mounted = new Set(targets.map(withoutSlash));
  return volumes.find((volume) => !mounted.has(withoutSlash(volume)));
}

function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, "") : path;
}

export function imageCalls(transport: Transport): ImageCalls {
  return {
    image: async (reference) => {
      try {
        const details = await transport.json(ImageDetails, { method: "GET", path: `/images/${digestReference(reference)}/json` });
        return {
          id: details.Id,
          os: details.Os,
          architecture: details.Architecture,
          volumes: Object.keys(details.Config?.Volumes ?? {}),
        };
      } catch (error) {
        if (error instanceof DockerError && error.status === 404) return undefined;
        throw error;
      }
    },
    pull: async (reference, credentials, onLayers) => {
      const fail = (message: string): Failure => {
        const failure = judgePullFailure(reference, message);
        return new Failure("aborted", failure.code, failure.what);
      };
      const parsed = parseReference(reference);
      if (parsed === undefined) throw new TypeError(`${reference}: not a pinned reference`);
      const authorization = credentials === undefined ? {} : { "x-registry-auth": registryAuth(credentials, parsed.registry) };
      try {
        const { chunks } = await transport.stream({
          method: "POST",
          path: "/images/create",
          query: { fromImage: `${parsed.registry}/${parsed.path}`, tag: parsed.digest },
          headers: authorization,
          // Docker itself waits for a registry that took its connection for ever.
          whenSilent: (seconds) => fail(`i/o timeout: nothing came for ${seconds} s`),
        });
        const layers = new Map<string, boolean>();
        for await (const value of jsonLines(chunks)) {
          const line = PullLine.parse(value);
          if (line.error !== undefined) throw fail(line.error);
          if (line.id === undefined || line.status === undefined || !isLayerId(line.id)) continue;
          layers.set(line.id, (layers.get(line.id) ?? false) || line.status === "Pull complete" || line.status === "Already exists");
          onLayers([...layers.values()].filter(Boolean).length, layers.size);
        }
      } catch (error) {
        if (error instanceof DockerError) throw fail(error.message);
        throw error;
      }
    },
  };
}

/** Docker's header: base64url of a JSON object (moby, api/types/registry/authconfig.go). */
function registryAuth(credentials: RegistryCredentials, serveraddress: string): string {
  return Buffer.from(JSON.stringify({ ...credentials, serveraddress })).toString("base64url");
}

/** The first progress lines carry the tag as id; layers have twelve hexadecimal digits. */
function isLayerId(id: string): boolean {
  return /^[0-9a-f]{12}$/.test(id);
}
