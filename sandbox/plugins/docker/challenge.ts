/** What a registry asks for in `WWW-Authenticate`: a token from `realm`. */
export interface BearerChallenge {
  readonly realm: string;
  readonly service: string;
  /** Empty where the registry names none. */
  readonly scope: string;
}

/** Reads a bearer challenge; null for any other header or none, which means that the credentials are wrong. */
export function parseChallenge(header: string | undefined): BearerChallenge | null {
  if (header === undefined || !header.startsWith("Bearer ")) return null;
  const parameters = new Map<string, string>();
  for (const [, name = "", value = ""] of header.slice("Bearer ".length).matchAll(/(\w+)="([^"]*)"/g)) parameters.set(name, value);
  const realm = parameters.get("realm");
  return realm === undefined ? null : { realm, service: parameters.get("service") ?? "", scope: parameters.get("scope") ?? "" };
}

/** Where the token is fetched: service and scope in the order of the alphabet, as Go's `url.Values` writes them. */
export function tokenUrl(challenge: BearerChallenge, repository: string): URL {
  const query = new URLSearchParams({
    scope: challenge.scope === "" ? `repository:${repository}:push,pull` : challenge.scope,
    service: challenge.service,
  });
  return new URL(`${challenge.realm}?${query.toString()}`);
}
