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

/** A mistake in a file that people write: what is wrong with the value seen, and what to do next. */
export function fault(path: string, what: string, next: string): Fault {
  return { path, message: `${what}; ${next}` };
}

export type PathSegment = string | number;

/** `apps.shop.routes[0].host`, with keys that are no plain names quoted: `apps.shop.images["my image"]`. */
export function pathText(path: readonly PathSegment[]): string {
  return path
    .map((segment, index) => {
      if (typeof segment === "number") return `[${segment}]`;
      if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(segment)) return `[${JSON.stringify(segment)}]`;
      return index === 0 ? segment : `.${segment}`;
    })
    .join("");
}

/** A value as a message shows it, and nothing of one that looks like a secret. */
export function seen(value: unknown): string {
  return secretLook(value) === undefined ? shortText(value) : "a value that looks like a secret";
}

/** Forms of well-known secrets. Issuers gave them these marks so that scanners find them. */
const secretForms: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, "a private key"],
  [/^gh[pousr]_[A-Za-z0-9]{36,}$|^github_pat_[A-Za-z0-9_]{22,}$/, "a GitHub token"],
  [/^glpat-[A-Za-z0-9_-]{20,}$/, "a GitLab token"],
  [/^(?:AKIA|ASIA)[A-Z0-9]{16}$/, "an AWS access key"],
  [/^xox[abprs]-[A-Za-z0-9-]{10,}$/, "a Slack token"],
  [/^st\.[A-Za-z0-9-]{8,}\.[A-Za-z0-9]{8,}/, "an Infisical service token"],
  [/^sk_(?:live|test)_[A-Za-z0-9]{16,}$/, "a Stripe key"],
  [/^eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}$/, "a signed token (JWT)"],
  [/^[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:[^/?#\s@]+@/i, "a URL with a password"],
];

/** What kind of secret a text looks like, or `undefined`. Looks into lists and mappings too. */
export function secretLook(value: unknown): string | undefined {
  if (typeof value === "string") return secretForms.find(([form]) => form.test(value.trim()))?.[1];
  if (typeof value !== "object" || value === null) return undefined;
  for (const member of Object.values(value)) {
    const look = secretLook(member);
    if (look !== undefined) return look;
  }
  return undefined;
}

/** A value as a person wrote it, short enough for a message. */
function shortText(value: unknown): string {
  // TypeScript does not say so, but undefined has no JSON.
  const text = (JSON.stringify(value) as string | undefined) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
