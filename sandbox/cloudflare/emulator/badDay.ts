import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";

const scope = {
  /** Only requests whose path contains this text. */
  path: z.string().optional(),
  method: z.string().optional(),
  /** How many requests it hits before it ends by itself; without it, until `restore`. */
  remaining: z.int().positive().optional(),
};

const schemas = {
  outage: z.strictObject({ status: z.int().min(500).max(599).default(503), ...scope }),
  drop: z.strictObject({ ...scope }),
  slow: z.strictObject({ milliseconds: z.int().positive().max(600_000), ...scope }),
  rateLimit: z.strictObject({ retryAfterSeconds: z.int().positive().default(1), ...scope }),
};

type Switches = { [Name in keyof typeof schemas]: z.infer<(typeof schemas)[Name]> };

/** What a switch makes of a request: a lost connection, or an answer the service words in its own way. */
export type BadDayVerdict =
  | { readonly kind: "drop" }
  | { readonly kind: "outage"; readonly status: number }
  | { readonly kind: "rateLimit"; readonly retryAfterSeconds: number };

/** The bad days of an HTTP API: it answers 5xx, says 429, is slow, or closes the connection without an answer. */
export class BadDay {
  private thrown: { [Name in keyof Switches]?: Switches[Name] | undefined } = {};

  /** Arguments: the schemas above. `restore` ends every bad day, `show` lists them. */
  readonly controls: Readonly<Record<string, (argument: unknown) => Promise<unknown>>> = {
    outage: (argument) => this.throwSwitch({ outage: schemas.outage.parse(argument ?? {}) }),
    drop: (argument) => this.throwSwitch({ drop: schemas.drop.parse(argument ?? {}) }),
    slow: (argument) => this.throwSwitch({ slow: schemas.slow.parse(argument ?? {}) }),
    rateLimit: (argument) => this.throwSwitch({ rateLimit: schemas.rateLimit.parse(argument ?? {}) }),
    show: () => Promise.resolve(this.thrown),
    restore: () => {
      this.thrown = {};
      return Promise.resolve(this.thrown);
    },
  };

  /** Waits out a slow day, then says what else befalls the request. */
  async meet(request: { readonly method: string; readonly path: string }): Promise<BadDayVerdict | undefined> {
    const slow = this.hit("slow", request);
    if (slow !== undefined) await delay(slow.milliseconds);
    if (this.hit("drop", request) !== undefined) return { kind: "drop" };
    const limit = this.hit("rateLimit", request);
    if (limit !== undefined) return { kind: "rateLimit", retryAfterSeconds: limit.retryAfterSeconds };
    const outage = this.hit("outage", request);
    return outage === undefined ? undefined : { kind: "outage", status: outage.status };
  }

  private hit<Name extends keyof Switches>(name: Name, request: { method: string; path: string }): Switches[Name] | undefined {
    const found = this.thrown[name];
    if (found === undefined) return undefined;
    if (found.path !== undefined && !request.path.includes(found.path)) return undefined;
    if (found.method !== undefined && found.method !== request.method) return undefined;
    if (found.remaining !== undefined && --found.remaining === 0) this.thrown = { ...this.thrown, [name]: undefined };
    return found;
  }

  private throwSwitch(setting: Partial<Switches>): Promise<unknown> {
    this.thrown = { ...this.thrown, ...setting };
    return Promise.resolve(this.thrown);
  }
}
