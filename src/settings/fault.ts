import { type Fault, seen as shown } from "../../components/shared/fault.ts";
import { UserError } from "./userError.ts";

export type { Fault };

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
  return secretLook(value) === undefined ? shown(value) : "a value that looks like a secret";
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

const order = new Intl.Collator("en", { numeric: true });

/** All faults in one error, sorted by path: a person mends them in one go. `subject` is the file or files they are in. */
export function faultsError(subject: string, faults: readonly Fault[]): UserError {
  const lines = [...faults]
    .sort((left, right) => order.compare(left.path, right.path) || order.compare(left.message, right.message))
    .map(({ path, message }) => `  ${path}: ${message}`);
  return new UserError([`${subject}: ${faults.length} ${faults.length === 1 ? "fault" : "faults"}`, ...lines].join("\n"));
}
