import type { Docker } from "../../../host/docker/docker.ts";
import type { Container, RestartPolicy } from "../../../host/docker/containers.ts";
import type { ContainerEvent } from "../../../host/docker/events.ts";
import { DockerError } from "../../../host/docker/transport.ts";

/**
 * A daemon in memory, for the order in which things are done: containers with states, and a record of every call that changes one. What a
 * test does not need throws. How a real daemon behaves is shown on the servers.
 */
export interface FakeDocker extends Docker {
  /** Calls that changed something, as `stop shop-prod-blue-beat-1`. */
  readonly calls: string[];
  /** Called after every change: what runs now, by name. */
  onChange: (running: readonly string[]) => void;
  readonly list: Map<string, Container>;
  add(colour: string, service: string, role: string, changes?: Partial<Container>): void;
  change(id: string, changes: Partial<Container>): void;
  endEvents(): void;
}

export function fakeDocker(instance = "shop-prod"): FakeDocker {
  const list = new Map<string, Container>();
  const subscribers = new Set<(event: ContainerEvent | undefined) => void>();
  const calls: string[] = [];
  const unexpected = (name: string) => (): never => {
    throw new Error(`unexpected call of docker.${name}`);
  };
  const emit = (event: ContainerEvent | undefined): void => {
    for (const subscriber of subscribers) subscriber(event);
  };
  const find = (id: string): Container => {
    const found = list.get(id);
    if (found === undefined) throw new DockerError(404, `No such container: ${id}`);
    return found;
  };
  const docker: FakeDocker = {
    calls,
    list,
    onChange: () => undefined,
    add: (colour, service, role, changes = {}) => {
      const name = `${instance}-${colour}-${service}-1`;
      list.set(changes.id ?? name, {
        id: name,
        name,
        image: "",
        labels: {
          "dev.terrace.instance": instance,
          "dev.terrace.part": colour,
          "dev.terrace.service": service,
          "dev.terrace.role": role,
          "com.docker.compose.container-number": "1",
        },
        status: "created",
        running: false,
        health: "starting",
        healthLog: [],
        exitCode: 0,
        outOfMemory: false,
        error: "",
        pid: 0,
        restarts: 0,
        restartPolicy: "no",
        networks: {},
        startedAt: "0001-01-01T00:00:00Z",
        finishedAt: "0001-01-01T00:00:00Z",
        ...changes,
      });
    },
    change: (id, changes) => {
      list.set(id, { ...find(id), ...changes });
      docker.onChange([...list.values()].filter(({ running }) => running).map(({ name }) => name));
      emit({ id, action: "change", labels: {} });
    },
    endEvents: () => emit(undefined),
    containers: (labels) =>
      Promise.resolve(
        [...list.values()]
          .filter((container) => Object.entries(labels).every(([name, value]) => container.labels[name] === value))
          .map(({ id, name, status, labels: own }) => ({ id, name, state: status, labels: own })),
      ),
    container: (id) => Promise.resolve(list.get(id)),
    start: (id) => {
      calls.push(`start ${id}`);
      const works = find(id).exitCode === 0;
      docker.change(id, works ? { status: "running", running: true, startedAt: new Date().toISOString() } : { status: "exited" });
      // Its check answers a little later, as an event like any other.
      if (works) setImmediate(() => list.has(id) && docker.change(id, { health: "healthy" }));
      return Promise.resolve();
    },
    stop: async (id) => {
      calls.push(`stop ${id}`);
      find(id);
      await new Promise((resolve) => setImmediate(resolve));
      if (find(id).running) docker.change(id, { status: "exited", running: false, finishedAt: new Date().toISOString() });
    },
    remove: (id) => {
      calls.push(`remove ${id}`);
      list.delete(id);
      emit({ id, action: "destroy", labels: {} });
      return Promise.resolve();
    },
    setRestartPolicy: (id, policy: RestartPolicy) => {
      calls.push(`policy ${policy} ${id}`);
      list.set(id, { ...find(id), restartPolicy: policy });
      return Promise.resolve();
    },
    subscribe: () => {
      const queue: (ContainerEvent | undefined)[] = [];
      let wake = (): void => undefined;
      const subscriber = (event: ContainerEvent | undefined): void => {
        queue.push(event);
        wake();
      };
      subscribers.add(subscriber);
      const events = (async function* () {
        for (;;) {
          if (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
          const event = queue.shift();
          if (event === undefined) return;
          yield event;
        }
      })();
      const close = (): void => {
        subscribers.delete(subscriber);
        subscriber(undefined);
      };
      return Promise.resolve({ events, close });
    },
    networkNames: () => Promise.resolve([]),
    removeNetwork: unexpected("removeNetwork"),
    createContainer: unexpected("createContainer"),
    rename: unexpected("rename"),
    network: unexpected("network"),
    createNetwork: unexpected("createNetwork"),
    connect: unexpected("connect"),
    disconnect: unexpected("disconnect"),
    volume: unexpected("volume"),
    volumeNames: unexpected("volumeNames"),
    createVolume: unexpected("createVolume"),
    image: unexpected("image"),
    pull: unexpected("pull"),
    version: unexpected("version"),
    logTail: unexpected("logTail"),
  };
  return docker;
}
