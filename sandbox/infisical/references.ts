import { posix } from "node:path";
import { forbidden } from "./faults.ts";
import type { Place } from "./store.ts";

/** `${KEY}` in the same folder, `${environment.folder.KEY}` anywhere in the project. */
const referencePattern = /\$\{([a-zA-Z0-9\-_.@]+)\}/g;
/** Upstream's limits: how deep one reference may lead to another, and how often a made-up reference is looked at again. */
const depthLimit = 10;

/** A reference as it stands in a value. */
export interface Reference extends Place {
  /** With `${` and `}`. */
  readonly text: string;
  readonly key: string;
}

/** What the expansion asks of the store: values, and whether the caller may read them. */
export interface ReferenceWorld {
  value(place: Place, key: string): string | undefined;
  mayRead(place: Place): boolean;
}

/** The references in `value`, which stands at `place`. Those into other projects (`${@project…}`) are left out: nobody expands them here. */
export function referencesIn(value: string, place: Place): readonly Reference[] {
  const found = new Map<string, Reference>();
  for (const [text, inner = ""] of value.matchAll(referencePattern)) {
    const parts = inner.split(".");
    const [first = ""] = parts;
    const key = parts.at(-1) ?? "";
    if (first.startsWith("@")) continue;
    if (parts.length === 1) found.set(text, { text, key, environment: place.environment, path: place.path });
    else found.set(text, { text, key, environment: first, path: posix.join("/", ...parts.slice(1, -1)) });
  }
  return [...found.values()];
}

/**
 * Expands the references of a secret as upstream does (backend/src/services/secret-v2-bridge/secret-reference-fns.ts): a reference to
 * nothing stays as it is written, one that the caller may not read fails the whole request with 403, circles end where they close.
 */
export function expandReferences(world: ReferenceWorld, secret: Place & { readonly key: string; readonly value: string }): string {
  let text = secret.value;
  let known = new Set<string>();
  for (let pass = 0; pass < depthLimit; pass += 1) {
    const references = referencesIn(text, secret);
    if (references.every((reference) => known.has(reference.text))) break;
    known = new Set(references.map((reference) => reference.text));
    text = expandOnce(world, secret, text);
  }
  return text;
}

interface Frame extends Place {
  readonly value: string;
  readonly depth: number;
  readonly visited: ReadonlySet<string>;
}

function expandOnce(world: ReferenceWorld, secret: Place & { readonly key: string }, value: string): string {
  let text = value;
  const stack: Frame[] = [{ ...secret, value, depth: 0, visited: new Set([idOf(secret)]) }];
  for (let frame = stack.pop(); frame !== undefined; frame = stack.pop()) {
    if (frame.depth > depthLimit) continue;
    for (const reference of referencesIn(frame.value, frame)) {
      if (!world.mayRead(reference)) {
        throw forbidden(
          `You do not have permission to read secret '${reference.key}' in environment '${reference.environment}' at path '${reference.path}', which is referenced by secret '${secret.key}' in environment '${secret.environment}' at path '${secret.path}'.`,
        );
      }
      const target = world.value(reference, reference.key);
      if (target === undefined) continue;
      text = text.replaceAll(reference.text, () => target);
      const id = idOf(reference);
      if (!frame.visited.has(id)) {
        stack.push({
          environment: reference.environment,
          path: reference.path,
          value: target,
          depth: frame.depth + 1,
          visited: new Set([...frame.visited, id]),
        });
      }
    }
  }
  return text;
}

function idOf({ environment, path, key }: Place & { readonly key: string }): string {
  return `${environment}:${path}:${key}`;
}
