import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { slotCertificates } from "../../../sandbox/ca.ts";
import { startRegistry } from "../../../sandbox/registry.ts";
import type { RunningService } from "../../../sandbox/shared/service.ts";
import { slotOf, type Slot } from "../../../sandbox/slot.ts";

export const credentials = { user: "pusher", password: 'p"a$s\\w' } as const;

/** The sandbox's registry with its certificates, on a loopback address instead of a slot's bridge. `last` is the address's last number. */
export async function startLoopbackRegistry(
  directory: string,
  last: number,
): Promise<{ readonly slot: Slot; readonly service: RunningService; close(): Promise<void> }> {
  const slot: Slot = {
    ...slotOf(7),
    registry: { ipv4: `127.77.250.${last}`, ipv6: `::ffff:127.77.251.${last}` },
    directory,
    logs: directory,
    caCertificate: join(directory, "ca", "ca.crt"),
  };
  await mkdir(directory, { recursive: true });
  await slotCertificates(slot);
  const service = await startRegistry({ slot, ...credentials });
  return { slot, service, close: () => service.close() };
}
