import { openStateFile, type StateFile } from "./emulator/stateFile.ts";
import { isInZone } from "./lookup.ts";
import { settingDefault } from "./settings.ts";
import { stateSchema, type CloudflareState, type Rule, type Zone } from "./state.ts";

/** What DNS and edge read of Cloudflare's memory. All of it is in memory: a look-up per request is cheap. */
export interface ZoneView {
  /** The zone that `name` lies in, or `undefined`. */
  zoneOf(name: string): Zone | undefined;
  readonly zones: readonly Zone[];
  /** A zone setting, or its default. */
  setting(zone: Zone, id: string): unknown;
  /** The enabled rules of a phase, in order. The array is the same as long as the rules are. */
  rules(zone: Zone, phase: string): readonly Rule[];
  /** Calls back after each change that was stored; returns what ends that. */
  onChange(listener: () => void): () => void;
}

/** The emulator's memory: kept in one file, changed through `change` only. */
export class CloudflareStore implements ZoneView {
  private state: CloudflareState;
  private file!: StateFile<CloudflareState>;
  private readonly listeners = new Set<() => void>();

  private constructor(state: CloudflareState) {
    this.state = state;
  }

  /** Opens the store at `path`; zones in `zones` that are not there yet are made. */
  static async open(path: string, zones: readonly { readonly id: string; readonly name: string }[]): Promise<CloudflareStore> {
    const store = new CloudflareStore({ version: 1, zones: [] });
    store.file = await openStateFile(
      path,
      (value) => stateSchema.parse(value),
      () => store.state,
    );
    const kept = store.file.initial?.zones ?? [];
    const now = new Date().toISOString();
    store.state = {
      version: 1,
      zones: zones.map(
        ({ id, name }) =>
          kept.find((zone) => zone.id === id && zone.name === name) ?? {
            id,
            name,
            createdOn: now,
            modifiedOn: now,
            records: [],
            settings: {},
            rulesets: [],
            originPulls: false,
          },
      ),
    };
    await store.file.save();
    return store;
  }

  get zones(): readonly Zone[] {
    return this.state.zones;
  }

  zone(id: string): Zone | undefined {
    return this.state.zones.find((zone) => zone.id === id);
  }

  zoneOf(name: string): Zone | undefined {
    return this.state.zones.find((zone) => isInZone(name, zone.name));
  }

  setting(zone: Zone, id: string): unknown {
    const kept = zone.settings[id];
    return kept === undefined ? settingDefault(id) : kept.value;
  }

  rules(zone: Zone, phase: string): readonly Rule[] {
    return zone.rulesets.find((ruleset) => ruleset.phase === phase)?.rules ?? [];
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Replaces parts of a zone (never in place, see `lookup.ts`) and resolves when the change is on disk. */
  async change(zoneId: string, part: Partial<Omit<Zone, "id" | "name">>): Promise<Zone> {
    const zone = this.zone(zoneId);
    if (zone === undefined) throw new Error(`no zone ${zoneId}`);
    const changed: Zone = { ...zone, ...part, modifiedOn: new Date().toISOString() };
    this.state = { ...this.state, zones: this.state.zones.map((other) => (other.id === zoneId ? changed : other)) };
    await this.file.save();
    for (const listener of this.listeners) listener();
    return changed;
  }
}
