import { z } from "zod";

const scope = {
  /** Only this host name; without it, every one. */
  host: z.string().optional(),
};

const schemas = {
  /** Answers GETs from memory for so long, whatever the origin says of caching: the page that is old when it should be new. */
  cache: z.strictObject({ seconds: z.number().positive().default(60), path: z.string().optional(), ...scope }),
  /** Every request meets a page that only a person's browser gets past. */
  challenge: z.strictObject({ path: z.string().optional(), ...scope }),
  /** More than `requests` per client address in `windowSeconds` are turned away. */
  rateLimit: z.strictObject({ requests: z.int().min(0), windowSeconds: z.number().positive().default(10), ...scope }),
  /** The edge itself fails with this status. */
  outage: z.strictObject({ status: z.int().min(500).max(599).default(503), ...scope }),
  /** Connections end without an answer. */
  drop: z.strictObject({ ...scope }),
  slow: z.strictObject({ milliseconds: z.int().positive().max(600_000), ...scope }),
};

type Switches = { [Name in keyof typeof schemas]: z.infer<(typeof schemas)[Name]> };

export interface EdgeHit {
  readonly host: string;
  readonly path: string;
  readonly client: string;
}

/** The edge's switches, and what they make of a request. */
export class EdgeBadDays {
  private thrown: { [Name in keyof Switches]?: Switches[Name] | undefined } = {};
  private windows = new Map<string, { readonly endsAt: number; used: number }>();
  private readonly now: () => number;
  private readonly restored: () => void;

  /** `restored` is called whenever a switch changes: what was remembered under the old ones must go. */
  constructor(now: () => number, restored: () => void) {
    this.now = now;
    this.restored = restored;
  }

  /** Arguments: the schemas above. `restore` ends every bad day, `show` lists them. */
  readonly controls: Readonly<Record<string, (argument: unknown) => Promise<unknown>>> = {
    cache: (argument) => this.throwSwitch({ cache: schemas.cache.parse(argument ?? {}) }),
    challenge: (argument) => this.throwSwitch({ challenge: schemas.challenge.parse(argument ?? {}) }),
    rateLimit: (argument) => this.throwSwitch({ rateLimit: schemas.rateLimit.parse(argument ?? {}) }),
    outage: (argument) => this.throwSwitch({ outage: schemas.outage.parse(argument ?? {}) }),
    drop: (argument) => this.throwSwitch({ drop: schemas.drop.parse(argument ?? {}) }),
    slow: (argument) => this.throwSwitch({ slow: schemas.slow.parse(argument ?? {}) }),
    show: () => Promise.resolve(this.thrown),
    restore: () => {
      this.thrown = {};
      return this.throwSwitch({});
    },
  };

  /** The switch `name` if it concerns the request. */
  hit<Name extends keyof Switches>(name: Name, hit: EdgeHit): Switches[Name] | undefined {
    const found = this.thrown[name];
    if (found === undefined) return undefined;
    if (found.host !== undefined && found.host.toLowerCase() !== hit.host) return undefined;
    if ("path" in found && found.path !== undefined && !hit.path.startsWith(found.path)) return undefined;
    return found;
  }

  /** Counts a request against the rate limit; seconds to wait when it is one too many. */
  limited(hit: EdgeHit): number | undefined {
    const limit = this.hit("rateLimit", hit);
    if (limit === undefined) return undefined;
    const now = this.now();
    let window = this.windows.get(hit.client);
    if (window === undefined || now >= window.endsAt) {
      window = { endsAt: now + limit.windowSeconds * 1000, used: 0 };
      this.windows.set(hit.client, window);
    }
    window.used += 1;
    return window.used > limit.requests ? Math.max(1, Math.ceil((window.endsAt - now) / 1000)) : undefined;
  }

  private throwSwitch(setting: Partial<Switches>): Promise<unknown> {
    this.thrown = { ...this.thrown, ...setting };
    this.windows = new Map();
    this.restored();
    return Promise.resolve(this.thrown);
  }
}
