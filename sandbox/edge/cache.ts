/** An answer as it was. */
export interface CachedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
  /** Milliseconds. */
  readonly storedAt: number;
}

const entryBytes = 1024 * 1024;
const totalEntries = 1000;

/** The memory behind the "cache" switch; empty on a good day, since nothing is cached by default. */
export class EdgeCache {
  private readonly entries = new Map<string, CachedAnswer>();

  /** An answer that is not older than `seconds`. */
  find(key: string, seconds: number, now: number): CachedAnswer | undefined {
    const entry = this.entries.get(key);
    return entry !== undefined && now - entry.storedAt < seconds * 1000 ? entry : undefined;
  }

  /** Collects the chunks of an answer that passes by; keeps it when it ends whole and is not too long. */
  collect(key: string, status: number, headers: CachedAnswer["headers"], now: number): { chunk(part: Buffer): void; end(): void } {
    const parts: Buffer[] = [];
    let size = 0;
    return {
      chunk: (part) => {
        size += part.length;
        if (size <= entryBytes) parts.push(part);
      },
      end: () => {
        if (size > entryBytes || status !== 200) return;
        if (this.entries.size >= totalEntries) this.entries.clear();
        this.entries.set(key, { status, headers, body: Buffer.concat(parts), storedAt: now });
      },
    };
  }

  clear(): void {
    this.entries.clear();
  }
}
