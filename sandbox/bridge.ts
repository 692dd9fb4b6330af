import { execa } from "execa";
import { writeFile } from "node:fs/promises";
import { machineAddresses, type ServerPlace, type Slot } from "./slot.ts";

/**
 * Makes the slot's bridge with the machine's own addresses on it. The machine does not forward: servers reach these addresses and each
 * other, nothing else.
 */
export async function makeBridge(slot: Slot): Promise<void> {
  await removeBridge(slot);
  const prefixes = { ipv4: slot.subnet.ipv4.split("/")[1], ipv6: slot.subnet.ipv6.split("/")[1] };
  const commands = [
    `link add name ${slot.bridge} type bridge stp_state 0 forward_delay 0`,
    ...machineAddresses(slot).flatMap((address) => [
      `address add ${address.ipv4}/${prefixes.ipv4} dev ${slot.bridge}`,
      // Without "nodad" an address is unusable for a second, and services could not bind to it.
      `address add ${address.ipv6}/${prefixes.ipv6} dev ${slot.bridge} nodad`,
    ]),
    `link set dev ${slot.bridge} up`,
  ];
  await execa("ip", ["-batch", "-"], { input: `${commands.join("\n")}\n` });
  // A server that boots does not answer yet; asking again every 50 ms instead of every second shows sooner that it does.
  await writeFile(`/proc/sys/net/ipv4/neigh/${slot.bridge}/retrans_time_ms`, "50");
}

/**
 * Removes this machine's end of a server's cable, if it is there. The kernel takes it away after the server's last process, but in its own
 * time, and systemd-nspawn makes no second one of the same name. It knows it by its whole name also where it had to shorten it.
 */
export async function removeCable({ machine }: ServerPlace): Promise<void> {
  const { failed, stderr } = await execa("ip", ["link", "delete", "dev", `vb-${machine}`], { reject: false });
  if (failed && !stderr.includes("Cannot find device")) throw new Error(`ip link delete dev vb-${machine}: ${stderr}`);
}

/** Removes the bridge if it is there. Interfaces of servers go with the servers. */
export async function removeBridge(slot: Slot): Promise<void> {
  if (await bridgeExists(slot)) await execa("ip", ["link", "delete", "dev", slot.bridge]);
}

export async function bridgeExists(slot: Slot): Promise<boolean> {
  return !(await execa("ip", ["link", "show", "dev", slot.bridge], { reject: false })).failed;
}
