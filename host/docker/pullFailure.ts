import type { ReasonCode } from "../../contract/index.ts";

export interface PullFailure {
  readonly code: ReasonCode;
  readonly what: string;
}

/**
 * Docker tells the cause of a failed pull only in words. Each pattern was seen from Docker 26 against a real registry, or stands in
 * moby's and distribution's sources. Order matters: "denied … not found" means denied.
 */
const patterns: readonly (readonly [ReasonCode, RegExp])[] = [
  ["disk_low", /no space left on device|disk quota exceeded/i],
  ["wrong_architecture", /no matching manifest for|does not match the specified platform|no match for platform in manifest/i],
  [
    "image_corrupt",
    /(?:filesystem layer|manifest) verification failed|failed to verify digest|digest mismatch|content digest .* not match|invalid checksum|unexpected digest/i,
  ],
  [
    "registry_denied",
    /unauthorized|authentication required|access denied|denied:|pull access denied|no basic auth credentials|incorrect username or password|\b40[13]\b/i,
  ],
  [
    "image_not_found",
    /manifest unknown|manifest for .* not found|not found: manifest|name unknown|repository .* not found|no such image|\b404\b/i,
  ],
  [
    "registry_unreachable",
    /dial tcp|connection refused|no such host|i\/o timeout|TLS handshake|context deadline exceeded|Client\.Timeout|server misbehaving|network is unreachable|no route to host|connection reset|EOF|x509:|certificate|toomanyrequests|too many requests|\b429\b|\b50[0234]\b|received unexpected HTTP status/i,
  ],
];

/** Which reason code Docker's words mean. What none of the patterns knows is taken as an unreachable registry, with the words kept. */
export function judgePullFailure(reference: string, message: string): PullFailure {
  const words = message.replace(/\s+/g, " ").trim();
  const code = patterns.find(([, pattern]) => pattern.test(words))?.[0] ?? "registry_unreachable";
  return { code, what: `${reference}: ${words}` };
}

/** Docker's word for the platform of an image, as people know it: `linux/arm64`. */
export function architectureFault(
  reference: string,
  image: { readonly os: string; readonly architecture: string },
  daemon: { readonly os: string; readonly architecture: string },
): PullFailure | undefined {
  if (image.os === daemon.os && image.architecture === daemon.architecture) return undefined;
  const what = `${reference}: the image is for ${image.os}/${image.architecture}, this server is ${daemon.os}/${daemon.architecture}`;
  return { code: "wrong_architecture", what };
}
