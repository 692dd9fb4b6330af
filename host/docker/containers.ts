import { z } from "zod";
import { DockerError } from "./transport.ts";
import type { Transport } from "./transport.ts";

const ContainerSummary = z.object({
  Id: z.string(),
  Names: z.array(z.string()).nullable(),
  State: z.string(),
  Labels: z.record(z.string(), z.string()).nullable(),
});

const HealthLog = z.object({ Start: z.string(), End: z.string(), ExitCode: z.number(), Output: z.string() });

const ContainerDetails = z.object({
  Id: z.string(),
  Name: z.string(),
  RestartCount: z.number(),
  State: z.object({
    Status: z.string(),
    Running: z.boolean(),
    Restarting: z.boolean(),
    OOMKilled: z.boolean(),
    ExitCode: z.number(),
    Pid: z.number(),
    Error: z.string(),
    StartedAt: z.string(),
    FinishedAt: z.string(),
    Health: z.object({ Status: z.string(), Log: z.array(HealthLog).nullish() }).nullish(),
  }),
  Config: z.object({
    Image: z.string(),
    Labels: z.record(z.string(), z.string()).nullable(),
    Healthcheck: z.object({ Test: z.array(z.string()).nullish() }).nullish(),
  }),
  HostConfig: z.object({ RestartPolicy: z.object({ Name: z.string() }) }),
  NetworkSettings: z.object({ Networks: z.record(z.string(), z.object({ Aliases: z.array(z.string()).nullish() })).nullish() }).nullish(),
});

/** A container as the program reasons about it; Docker's record keeps fifty more fields. */
export interface Container {
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  /** What it was created from: `registry/repository:tag@sha256:…`. */
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Docker's word: created, running, paused, restarting, removing, exited, dead. */
  readonly status: string;
  readonly running: boolean;
  /** healthy, unhealthy, starting; `null` without a health check. */
  readonly health: string | null;
  readonly healthLog: readonly string[];
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** Docker's own error of a start that failed; else empty. */
  readonly error: string;
  /** Process id on the host; 0 when it does not run. */
  readonly pid: number;
  readonly restarts: number;
  readonly restartPolicy: string;
  /** Names that it was given in each network it is in. */
  readonly networks: Readonly<Record<string, readonly string[]>>;
  /** RFC 3339; year 0001 when it never happened. */
  readonly startedAt: string;
  readonly finishedAt: string;
}

export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

export type RestartPolicy = "no" | "unless-stopped" | "always";

export interface ContainerCalls {
  /** Containers in any state that carry all these labels. An empty value asks for the label with any value. */
  containers(labels: Readonly<Record<string, string>>): Promise<ContainerSummary[]>;
  /** By id or name; `undefined` when there is none. */
  container(idOrName: string): Promise<Container | undefined>;
  /** Creates without starting; `body` is Docker's own (Config, HostConfig, NetworkingConfig). Returns the id. */
  createContainer(name: string, body: Readonly<Record<string, unknown>>): Promise<string>;
  start(id: string): Promise<void>;
  rename(id: string, name: string): Promise<void>;
  /** The stop signal, then the container's own grace, then SIGKILL. Returns when it has stopped; no error if it had. */
  stop(id: string): Promise<void>;
  /** Removes with anonymous volumes; kills it first. No error if it is gone. */
  remove(id: string): Promise<void>;
  setRestartPolicy(id: string, policy: RestartPolicy): Promise<void>;
}

export function containerCalls(transport: Transport): ContainerCalls {
  return {
    containers: async (labels) => {
      const filters = { label: Object.entries(labels).map(([name, value]) => (value === "" ? name : `${name}=${value}`)) };
      const found = await transport.json(z.array(ContainerSummary), {
        method: "GET",
        path: "/containers/json",
        query: { all: "1", filters: JSON.stringify(filters) },
      });
      return found.map((summary) => ({
        id: summary.Id,
        name: (summary.Names?.[0] ?? summary.Id).replace(/^\//, ""),
        state: summary.State,
        labels: summary.Labels ?? {},
      }));
    },
    container: async (idOrName) => {
      try {
        return toContainer(
          await transport.json(ContainerDetails, { method: "GET", path: `/containers/${encodeURIComponent(idOrName)}/json` }),
        );
      } catch (error) {
        if (error instanceof DockerError && error.status === 404) return undefined;
        throw error;
      }
    },
    createContainer: async (name, body) => {
      const created = await transport.json(z.object({ Id: z.string() }), {
        method: "POST",
        path: "/containers/create",
        query: { name },
        body,
      });
      return created.Id;
    },
    start: async (id) => {
      await transport.bytes({ method: "POST", path: `/containers/${id}/start` });
    },
    rename: async (id, name) => {
      await transport.bytes({ method: "POST", path: `/containers/${id}/rename`, query: { name } });
    },
    stop: async (id) => {
      await transport.bytes({ method: "POST", path: `/containers/${id}/stop`, isPatient: true });
    },
    remove: async (id) => {
      try {
        await transport.bytes({ method: "DELETE", path: `/containers/${id}`, query: { force: "1", v: "1" } });
      } catch (error) {
        if (!(error instanceof DockerError && error.status === 404)) throw error;
      }
    },
    setRestartPolicy: async (id, policy) => {
      await transport.bytes({
        method: "POST",
        path: `/containers/${id}/update`,
        body: { RestartPolicy: { Name: policy, MaximumRetryCount: 0 } },
      });
    },
  };
}

function toContainer(details: z.infer<typeof ContainerDetails>): Container {
  const { State: state, Config: config } = details;
  return {
    id: details.Id,
    name: details.Name.replace(/^\//, ""),
    image: config.Image,
    labels: config.Labels ?? {},
    status: state.Status,
    running: state.Running && !state.Restarting,
    health: hasHealthCheck(config.Healthcheck?.Test) ? (state.Health?.Status ?? "starting") : null,
    healthLog: (state.Health?.Log ?? []).map((entry) =>
      [`${entry.End} exit ${entry.ExitCode}`, entry.Output.trim()].filter((part) => part !== "").join(": "),
    ),
    exitCode: state.ExitCode,
    outOfMemory: state.OOMKilled,
    error: state.Error,
    pid: state.Pid,
    restarts: details.RestartCount,
    restartPolicy: details.HostConfig.RestartPolicy.Name,
    networks: Object.fromEntries(
      Object.entries(details.NetworkSettings?.Networks ?? {}).map(([name, { Aliases: aliases }]) => [name, aliases ?? []]),
    ),
    startedAt: state.StartedAt,
    finishedAt: state.FinishedAt,
  };
}

/** `["NONE"]` is Docker's way to switch an image's own check off. */
function hasHealthCheck(test: readonly string[] | null | undefined): boolean {
  return test !== null && test !== undefined && test.length > 0 && test[0] !== "NONE";
}
