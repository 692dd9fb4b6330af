import { join } from "node:path";
import { checkoutDirectory, stateDirectory } from "./shared/paths.ts";

/** How many sandboxes one machine can hold side by side. */
export const slotCount = 8;

/** An address in both families, written without prefix length. */
export interface Address {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** Everything that follows from a slot's number alone: no two slots share any of it. */
export interface Slot {
  readonly number: number;
  /** Name of the bridge in the machine's own network namespace. */
  readonly bridge: string;
  /** Subnet in CIDR notation; 198.18.0.0/15 is set aside for benchmarks (RFC 2544), 2001:db8::/32 for documentation (RFC 3849). */
  readonly subnet: Address;
  /** DNS resolver (:53) and caching apt proxy (:3142); the servers' only neighbour that is not a service. */
  readonly gateway: Address;
  readonly registry: Address;
  readonly infisical: Address;
  readonly cloudflare: Address;
  readonly edge: Address;
  /** The edge listens here too, so that load from the machine itself needs no route over the bridge. */
  readonly edgeLoopback: string;
  /** Cgroup that holds the supervisor and everything it started. */
  readonly controlGroup: string;
  readonly directory: string;
  readonly caCertificate: string;
  readonly seed: string;
  readonly logs: string;
  readonly controlSocket: string;
}

/** Host part of the addresses inside a slot's subnet. */
const hostParts = { gateway: 1, registry: 2, infisical: 3, cloudflare: 4, edge: 5 } as const;

/** Ports of the gateway address. */
export const aptProxyPort = 3142;

/** Servers that every sandbox has, one per environment, with the host part of their addresses. */
export const environmentServers = { staging: 11, test: 12, prod: 13 } as const;
export type Environment = keyof typeof environmentServers;
export const environments = Object.keys(environmentServers) as readonly Environment[];

/** First host part of servers beyond the three environments'. */
const firstExtraServer = 14;

/** Values of slot `number`. Throws a RangeError for a number outside 0–7. */
export function slotOf(number: number): Slot {
  if (!Number.isInteger(number) || number < 0 || number >= slotCount) {
    throw new RangeError(`slot: must be a whole number from 0 to ${slotCount - 1}, got ${number}`);
  }
  const directory = join(stateDirectory, `slot-${number}`);
  const at = (part: number): Address => addressIn(number, part);
  return {
    number,
    bridge: `terrace${number}`,
    subnet: { ipv4: `198.18.${16 + number}.0/24`, ipv6: `2001:db8:7e:${number}::/64` },
    gateway: at(hostParts.gateway),
    registry: at(hostParts.registry),
    infisical: at(hostParts.infisical),
    cloudflare: at(hostParts.cloudflare),
    edge: at(hostParts.edge),
    edgeLoopback: `127.77.${number}.5`,
    controlGroup: `terrace-slot-${number}`,
    directory,
    caCertificate: join(directory, "ca", "ca.crt"),
    seed: join(directory, "seed.json"),
    logs: join(directory, "logs"),
    controlSocket: join(directory, "control.sock"),
  };
}

/** The addresses that the machine itself answers on inside a slot. */
export function machineAddresses(slot: Slot): readonly Address[] {
  return [slot.gateway, slot.registry, slot.infisical, slot.cloudflare, slot.edge];
}

/** Name, addresses and paths of one server. */
export interface ServerPlace {
  readonly name: string;
  /** Name that systemd-nspawn knows it by. */
  readonly machine: string;
  readonly hostName: string;
  readonly address: Address;
  readonly directory: string;
}

/**
 * Places for the servers called `names`, in the order given: the three environments' have fixed addresses, any other takes the next free one.
 * Throws for a name that is no DNS label of at most 20 characters, or that appears twice.
 */
export function serverPlaces(slot: Slot, names: readonly string[]): readonly ServerPlace[] {
  const fixed = new Map<string, number>(Object.entries(environmentServers));
  const extras = names.filter((name) => !fixed.has(name));
  return names.map((name, index) => {
    if (!/^[a-z][a-z0-9-]{0,19}$/.test(name) || name.endsWith("-")) {
      throw new RangeError(`server: name must be a DNS label of 1 to 20 characters (a-z, 0-9, "-"), got "${name}"`);
    }
    if (names.indexOf(name) !== index) throw new RangeError(`server: "${name}" is listed twice`);
    const hostPart = fixed.get(name) ?? firstExtraServer + extras.indexOf(name);
    return {
      name,
      machine: `terrace${slot.number}-${name}`,
      hostName: `${name}.servers.terrace.test`,
      address: addressIn(slot.number, hostPart),
      directory: join(slot.directory, "servers", name),
    };
  });
}

function addressIn(slot: number, hostPart: number): Address {
  // The host part is the same to the eye in both families: .11 and ::11.
  return { ipv4: `198.18.${16 + slot}.${hostPart}`, ipv6: `2001:db8:7e:${slot}::${hostPart}` };
}

/** One checkout may hold a slot for each: to work in, for the tests of sandbox and host, for those of the whole program, for a benchmark. */
export const purposes = ["main", "test", "program", "bench"] as const;

/** Who a slot belongs to. */
export interface SlotOwner {
  readonly checkout: string;
  readonly purpose: (typeof purposes)[number];
  /** Taken by its number although the owner had one already: commands without a number mean the other one. */
  readonly additional?: true;
}

/** The owner that commands of this checkout act for. */
export function ownerHere(purpose: SlotOwner["purpose"] = "main"): SlotOwner {
  return { checkout: checkoutDirectory, purpose };
}
