import { z } from "zod";
import { DockerError } from "./transport.ts";
import type { DockerCall, Transport } from "./transport.ts";

const NetworkDetails = z.object({ Id: z.string(), Name: z.string(), Labels: z.record(z.string(), z.string()).nullable() });
const VolumeDetails = z.object({ Name: z.string(), Labels: z.record(z.string(), z.string()).nullable() });

export interface Network {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface NetworkOptions {
  /** Name of the bridge on the host, at most 15 characters; Docker makes one up otherwise. */
  readonly bridgeName?: string;
  /** Gives the network IPv6 beside IPv4: a subnet in CIDR notation. */
  readonly ipv6Subnet?: string;
}

export interface Volume {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface NetworkCalls {
  /** `undefined` when there is none of that name. */
  network(name: string): Promise<Network | undefined>;
  /** Names of the networks that carry these labels. */
  networkNames(labels: Readonly<Record<string, string>>): Promise<string[]>;
  /** A bridge network. */
  createNetwork(name: string, labels: Readonly<Record<string, string>>, options?: NetworkOptions): Promise<void>;
  /** No error if it is gone. */
  removeNetwork(name: string): Promise<void>;
  /** Connects a container, also one that is only created, under these names and no others of ours. */
  connect(network: string, containerId: string, aliases: readonly string[]): Promise<void>;
  disconnect(network: string, containerId: string): Promise<void>;
  volume(name: string): Promise<Volume | undefined>;
  /** Names of the volumes that carry these labels. */
  volumeNames(labels: Readonly<Record<string, string>>): Promise<string[]>;
  createVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void>;
}

export function networkCalls(transport: Transport): NetworkCalls {
  const find = async <Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.output<Schema> | undefined> => {
    try {
      return await transport.json(schema, { method: "GET", path });
    } catch (error) {
      if (error instanceof DockerError && error.status === 404) return undefined;
      throw error;
    }
  };
  const post = async (path: string, body: DockerCall["body"]): Promise<void> => {
    await transport.bytes({ method: "POST", path, body });
  };
  return {
    network: async (name) => {
      const found = await find(NetworkDetails, `/networks/${encodeURIComponent(name)}`);
      // Docker also finds by a prefix of the id.
      return found === undefined || found.Name !== name ? undefined : { id: found.Id, name: found.Name, labels: found.Labels ?? {} };
    },
    networkNames: async (labels) => {
      const query = { filters: labelFilters(labels) };
      const found = await transport.json(z.array(NetworkDetails), { method: "GET", path: "/networks", query });
      return found.map((network) => network.Name);
    },
    createNetwork: (name, labels, { bridgeName, ipv6Subnet } = {}) =>
      post("/networks/create", {
        Name: name,
        Driver: "bridge",
        Labels: labels,
        ...(bridgeName === undefined ? {} : { Options: { "com.docker.network.bridge.name": bridgeName } }),
        // Docker adds a subnet for IPv4 from its own pool.
        ...(ipv6Subnet === undefined ? {} : { EnableIPv6: true, IPAM: { Config: [{ Subnet: ipv6Subnet }] } }),
      }),
    removeNetwork: async (name) => {
      try {
        await transport.bytes({ method: "DELETE", path: `/networks/${encodeURIComponent(name)}` });
      } catch (error) {
        if (!(error instanceof DockerError && error.status === 404)) throw error;
      }
    },
    connect: (network, containerId, aliases) =>
      post(`/networks/${encodeURIComponent(network)}/connect`, { Container: containerId, EndpointConfig: { Aliases: aliases } }),
    disconnect: (network, containerId) => post(`/networks/${encodeURIComponent(network)}/disconnect`, { Container: containerId }),
    volume: async (name) => {
      const found = await find(VolumeDetails, `/volumes/${encodeURIComponent(name)}`);
      return found === undefined ? undefined : { name: found.Name, labels: found.Labels ?? {} };
    },
    volumeNames: async (labels) => {
      const query = { filters: labelFilters(labels) };
      const found = await transport.json(z.object({ Volumes: z.array(VolumeDetails).nullable() }), {
        method: "GET",
        path: "/volumes",
        query,
      });
      return (found.Volumes ?? []).map((volume) => volume.Name);
    },
    createVolume: (name, labels) => post("/volumes/create", { Name: name, Labels: labels }),
  };
}

function labelFilters(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify({ label: Object.entries(labels).map(([name, value]) => `${name}=${value}`) });
}
