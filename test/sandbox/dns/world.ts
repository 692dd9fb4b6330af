import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { normalizeRecord, recordBody, type RecordBody } from "../../../sandbox/cloudflare/recordInput.ts";
import { CloudflareStore } from "../../../sandbox/cloudflare/store.ts";
import type { z } from "zod";
import type { NameWorld } from "../../../sandbox/dns/index.ts";

export const zoneId = "0123456789abcdef0123456789abcdef";
export const edge = { ipv4: "198.18.16.5", ipv6: "2001:db8:7e:0::5" };
const fixed: Readonly<Record<string, { ipv4: string; ipv6: string }>> = {
  "staging.servers.terrace.test": { ipv4: "198.18.16.11", ipv6: "2001:db8:7e:0::11" },
};

/** A slot's names without a sandbox: a store on disk that a test fills by itself. */
export class TestWorld implements NameWorld {
  readonly zones: CloudflareStore;
  readonly edge = edge;
  readonly directory: string;
  readonly names = (name: string): { ipv4: string; ipv6: string } | undefined => (Object.hasOwn(fixed, name) ? fixed[name] : undefined);

  private constructor(zones: CloudflareStore, directory: string) {
    this.zones = zones;
    this.directory = directory;
  }

  static async create(): Promise<TestWorld> {
    const directory = await mkdtemp(join(tmpdir(), "terrace-world-"));
    return new TestWorld(
      await CloudflareStore.open(join(directory, "cloudflare.json"), [{ id: zoneId, name: "truealpha.test" }]),
      directory,
    );
  }

  /** Replaces the zone's records. */
  async records(...bodies: readonly z.input<typeof recordBody>[]): Promise<void> {
    const records = bodies.map((body, index) => {
      const input = normalizeRecord(recordBody.parse(body) satisfies RecordBody, "truealpha.test");
      return { id: String(index).padStart(32, "0"), ...input, meta: {}, created_on: "", modified_on: "" };
    });
    await this.zones.change(zoneId, { records });
  }

  async setting(id: string, value: string): Promise<void> {
    const settings = this.zones.zone(zoneId)?.settings ?? {};
    await this.zones.change(zoneId, { settings: { ...settings, [id]: { value, modifiedOn: "" } } });
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true });
  }
}
