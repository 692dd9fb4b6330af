/** Something a person has to correct. Faults are collected and told together, so that one run shows everything that is wrong. */
export interface Fault {
  /** Where, in the person's own file and words: `apps/shop/compose.yaml: services.api.ports`. */
  readonly path: string;
  /** What is wrong, the value seen, and the next step. */
  readonly message: string;
}

/** Collects faults below a place, so that a function deep down need not know the whole path. */
export class Faults {
  readonly list: Fault[] = [];

  at(path: string): FaultSink {
    return {
      // A fault of the whole file has the file's own name as its path.
      add: (message) => this.list.push({ path: path.replace(/: $/, ""), message }),
      below: (part) => this.at(`${path}${path.endsWith(": ") ? "" : "."}${part}`),
    };
  }
}

export interface FaultSink {
  add(message: string): void;
  below(part: string): FaultSink;
}

/** A value as a person wrote it, short enough for a message. */
export function seen(value: unknown): string {
  // TypeScript does not say so, but undefined has no JSON.
  const text = (JSON.stringify(value) as string | undefined) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
