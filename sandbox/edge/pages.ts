/** A whole answer made by the edge itself. */
export interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const titles: Readonly<Record<number, string>> = {
  400: "Bad request",
  429: "You are being rate limited",
  520: "Web server is returning an unknown error",
  521: "Web server is down",
  522: "Connection timed out",
  523: "Origin is unreachable",
  524: "A timeout occurred",
  525: "SSL handshake failed",
  526: "Invalid SSL certificate",
  1001: "DNS resolution error",
  1016: "Origin DNS error",
  1020: "Access denied",
};

/** An error page in the manner of Cloudflare's: the number is what monitoring looks for. */
export function errorPage(status: number, code: number, ray: string, detail = ""): Page {
  const title = titles[code] ?? "Error";
  const lines = [
    `error code: ${code}`,
    title,
    ...(detail === "" ? [] : [detail]),
    `Ray ID: ${ray}`,
    "This is the Terrace sandbox's edge, an emulator; it is not Cloudflare.",
  ];
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "private, no-store" },
    body: `${lines.join("\n")}\n`,
  };
}

/** What a managed challenge looks like to a client that cannot solve one: a page in place of the answer, status 403. */
export function challengePage(ray: string): Page {
  const body = `<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><p>Checking your browser (the Terrace sandbox's edge, an emulator).</p><p>Ray ID: ${ray}</p></body></html>\n`;
  return {
    status: 403,
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "private, no-store", "cf-mitigated": "challenge" },
    body,
  };
}

export function redirectPage(location: string): Page {
  return {
    status: 301,
    headers: { location, "content-type": "text/plain; charset=utf-8", "cache-control": "max-age=3600" },
    body: `${location}\n`,
  };
}

/** What the edge says of itself to whoever asks for it by its own name. */
export const selfPage: Page = {
  status: 200,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: `This is the edge of the Terrace sandbox: an emulator of what stands between Cloudflare's visitors and an origin. It is not Cloudflare.
It answers for the proxied names of the sandbox's zones.\n`,
};
