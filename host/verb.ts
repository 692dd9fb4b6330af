import type { Request, RequestKind } from "../contract/index.ts";
import type { Context } from "./context.ts";
import type { Ending } from "./ending.ts";

export type RequestOf<Kind extends RequestKind> = Extract<Request, { request: Kind }>;

/** What one entry `/opt/terrace/bin/terrace-<verb>` does with a request that has been parsed and authorized. */
export interface VerbDefinition<Kind extends RequestKind> {
  /** Kind of request the entry takes. `retire` takes the rollout request that Pulumi keeps in state, `retire-data` a data request. */
  readonly accepts: Kind;
  /**
   * Name of the lease to hold while it works: the instance, or a name of the host itself such as `platform`. A verb that only reads has
   * none. Two requests for one lease never run at once; the second one ends as `busy`.
   */
  readonly lease?: (request: RequestOf<Kind>) => string;
  /**
   * Carries the request out. Throws `Failure` for what people can act on; anything else that it throws ends as `internal (bug)`.
   */
  readonly run: (request: RequestOf<Kind>, context: Context) => Promise<Ending>;
}

/** A verb in the registry, whichever kind of request it takes. */
export interface Verb {
  readonly accepts: RequestKind;
  readonly lease: (request: Request) => string | undefined;
  readonly run: (request: Request, context: Context) => Promise<Ending>;
}

/** Wraps a definition so that the registry can hold verbs of every kind; the kind is checked again where the request comes in. */
export function verb<Kind extends RequestKind>(definition: VerbDefinition<Kind>): Verb {
  const narrow = (request: Request): RequestOf<Kind> => {
    if (request.request !== definition.accepts) throw new TypeError(`expected a ${definition.accepts} request, got ${request.request}`);
    return request as RequestOf<Kind>;
  };
  return {
    accepts: definition.accepts,
    lease: (request) => definition.lease?.(narrow(request)),
    run: (request, context) => definition.run(narrow(request), context),
  };
}
