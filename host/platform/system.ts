/** The only operating system that the packages, paths and units here are known to fit. */
const supported = { id: "debian", version: "13" } as const;

/** What `/etc/os-release` says (os-release(5)): `KEY=value` lines, values optionally quoted the way a shell does. */
export function parseOsRelease(text: string): Readonly<Record<string, string>> {
  const pairs = text.split("\n").flatMap((line) => {
    const match = /^([A-Z0-9_]+)=(.*)$/.exec(line.trim());
    return match === null ? [] : [[match[1] ?? "", unquote(match[2] ?? "")] as const];
  });
  return Object.fromEntries(pairs);
}

/** Why this system is refused, or `undefined`. `text` is `/etc/os-release`, or `undefined` where there is none. */
export function systemFault(text: string | undefined): string | undefined {
  if (text === undefined) return "this server has no /etc/os-release; Terrace needs Debian 13";
  const { ID: id, VERSION_ID: version, PRETTY_NAME: name } = parseOsRelease(text);
  if (id === supported.id && version === supported.version) return undefined;
  return `this server runs ${name ?? `${id ?? "an unknown system"} ${version ?? "without a version"}`}; Terrace needs Debian 13`;
}

function unquote(value: string): string {
  const quoted = /^(["'])(.*)\1$/.exec(value);
  if (quoted === null) return value;
  return quoted[1] === '"' ? (quoted[2] ?? "").replace(/\\(["\\$`])/g, "$1") : (quoted[2] ?? "");
}
