import { z } from "zod";
import { containerCalls } from "./containers.ts";
import type { ContainerCalls } from "./containers.ts";
import { eventCalls } from "./events.ts";
import type { EventCalls } from "./events.ts";
import { imageCalls } from "./images.ts";
import type { ImageCalls } from "./images.ts";
import { networkCalls } from "./networks.ts";
import type { NetworkCalls } from "./networks.ts";
import { logText } from "./streams.ts";
import { transport } from "./transport.ts";

const Version = z.object({ Version: z.string(), Os: z.string(), Arch: z.string() });

export interface DockerVersion {
  readonly version: string;
  readonly os: string;
  /** In Go's words, as images have it: amd64, arm64. */
  readonly architecture: string;
}

/** The calls of Docker's Engine API that the program makes, and no others. Errors: `DockerError`, `Failure (docker_unreachable)`. */
export interface Docker extends ContainerCalls, NetworkCalls, ImageCalls, EventCalls {
  version(): Promise<DockerVersion>;
  /** Last lines of a container's standard output and error, oldest first. */
  logTail(id: string, lines: number): Promise<string[]>;
}

/** `silenceSeconds`: how long the daemon may say nothing where it should answer. A start on a slow disk takes its time, a hung one has none. */
export function dockerAt(socketPath: string, silenceSeconds = 300): Docker {
  const calls = transport(socketPath, silenceSeconds);
  return {
    ...containerCalls(calls),
    ...networkCalls(calls),
    ...imageCalls(calls),
    ...eventCalls(calls),
    version: async () => {
      const found = await calls.json(Version, { method: "GET", path: "/version" });
      return { version: found.Version, os: found.Os, architecture: found.Arch };
    },
    logTail: async (id, lines) => {
      const bytes = await calls.bytes({
        method: "GET",
        path: `/containers/${id}/logs`,
        query: { stdout: "1", stderr: "1", tail: String(lines) },
      });
      return logText(bytes)
        .split("\n")
        .map((line) => line.trimEnd())
        .filter((line) => line !== "");
    },
  };
}
