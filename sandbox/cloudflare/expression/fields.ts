/** What a rule may look at in a request. Everything is known before the body is read. */
export interface RequestFacts {
  /** Host name without port, as the client wrote it. */
  readonly host: string;
  readonly path: string;
  /** Without "?"; empty when there is none. */
  readonly query: string;
  readonly method: string;
  readonly userAgent: string;
  /** The client's address, IPv4 or IPv6. */
  readonly source: string;
  readonly encrypted: boolean;
}

type FieldOf<Type extends string, Value> = { readonly type: Type; readonly read: (facts: RequestFacts) => Value };
export type Field = FieldOf<"string", string> | FieldOf<"address", string> | FieldOf<"boolean", boolean>;

const uri = (facts: RequestFacts): string => (facts.query === "" ? facts.path : `${facts.path}?${facts.query}`);

/**
 * The fields of Cloudflare's rules language that the sandbox's edge can answer, under their own names
 * (https://developers.cloudflare.com/ruleset-engine/rules-language/fields/).
 */
export const fields: Readonly<Record<string, Field>> = {
  "http.host": { type: "string", read: (facts) => facts.host },
  "http.request.uri.path": { type: "string", read: (facts) => facts.path },
  "http.request.uri.query": { type: "string", read: (facts) => facts.query },
  "http.request.uri": { type: "string", read: uri },
  "http.request.full_uri": { type: "string", read: (facts) => `${facts.encrypted ? "https" : "http"}://${facts.host}${uri(facts)}` },
  "http.request.method": { type: "string", read: (facts) => facts.method },
  "http.user_agent": { type: "string", read: (facts) => facts.userAgent },
  "ip.src": { type: "address", read: (facts) => facts.source },
  ssl: { type: "boolean", read: (facts) => facts.encrypted },
};
