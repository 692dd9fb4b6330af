import Table from "cli-table3";

/** A switch for a bad day, for people: `npm run sandbox -- break <service> <name> [json]`. */
interface SwitchWords {
  readonly service: string;
  readonly name: string;
  readonly effect: string;
  /** Argument as JSON text, with every field that it may have; "" where it takes none. */
  readonly argument: string;
}

const words = (service: string, name: string, effect: string, argument = ""): SwitchWords => ({ service, name, effect, argument });

/** Switches of both APIs; each may be narrowed to a path, a method and a number of requests. */
const apiSwitches = (service: string): readonly SwitchWords[] => [
  words(service, "outage", "answers 5xx", '{"status":503}'),
  words(service, "drop", "closes connections without an answer", '{"path":"/","method":"GET","remaining":3}'),
  words(service, "slow", "answers late (milliseconds are needed)", '{"milliseconds":2000}'),
  words(service, "rateLimit", "answers 429", '{"retryAfterSeconds":5}'),
  words(service, "show", "lists what is broken"),
  words(service, "restore", "ends every bad day of the service"),
];

/** Every switch that there is. Fields of an argument may be left out unless `effect` says otherwise. */
export const switches: readonly SwitchWords[] = [
  words("servers", "powerCut", "pulls the plug (server is needed)", '{"server":"staging"}'),
  words("servers", "powerOff", "shuts down in order (server is needed)", '{"server":"staging"}'),
  words("servers", "powerOn", "boots (server is needed)", '{"server":"staging"}'),
  words("servers", "reboot", "reboots in order (server is needed)", '{"server":"staging"}'),
  words("servers", "booted", "waits until it has booted so often since up (both are needed)", '{"server":"staging","boots":2}'),
  words("registry", "outage", "refuses connections"),
  words("registry", "restore", "starts it again"),
  ...apiSwitches("infisical"),
  words("infisical", "lock", "locks an identity out (environment is needed)", '{"environment":"staging"}'),
  words("infisical", "unlock", "ends that (environment is needed)", '{"environment":"staging"}'),
  words("infisical", "expire", "ends every access token"),
  words("infisical", "approve", "makes writes wait for approval (environment is needed)", '{"environment":"staging"}'),
  words("infisical", "trust", "ends that (environment is needed)", '{"environment":"staging"}'),
  words(
    "infisical",
    "import",
    "shows one folder in another (all are needed)",
    '{"environment":"staging","path":"/","fromPath":"/providers"}',
  ),
  ...apiSwitches("cloudflare"),
  words(
    "cloudflare",
    "scopes",
    "narrows a token's rights; without scopes ends that (token is needed)",
    '{"token":"staging","scopes":["zone:read"]}',
  ),
  words("dns", "negative", "says that a name is not known (name is needed)", '{"name":"api.staging.truealpha.test","ttlSeconds":60}'),
  words("dns", "servfail", "fails at names", '{"name":"api.staging.truealpha.test"}'),
  words("dns", "silent", "does not answer", '{"name":"api.staging.truealpha.test"}'),
  words("dns", "restore", "ends every bad day of the service"),
  words("edge", "outage", "fails by itself", '{"status":503,"host":"api.staging.truealpha.test"}'),
  words("edge", "drop", "closes connections without an answer", '{"host":"api.staging.truealpha.test"}'),
  words("edge", "slow", "answers late (milliseconds are needed)", '{"milliseconds":2000}'),
  words("edge", "cache", "answers GETs from memory", '{"seconds":60,"path":"/"}'),
  words("edge", "challenge", "shows a page that only browsers get past", '{"path":"/"}'),
  words("edge", "rateLimit", "turns a client away after so many requests (requests are needed)", '{"requests":10,"windowSeconds":10}'),
  words("edge", "show", "lists what is broken"),
  words("edge", "restore", "ends every bad day of the service"),
];

/** Table of the switches of one service, or of all. Throws for a service without any. */
export function switchTable(service?: string): string {
  const wanted = switches.filter((one) => service === undefined || one.service === service);
  if (wanted.length === 0) {
    const services = [...new Set(switches.map((one) => one.service))];
    throw new Error(`break: there is no service "${service ?? ""}" with switches; there are: ${services.join(", ")}`);
  }
  const table = new Table({ head: ["npm run sandbox -- break …", "effect"], style: { head: [], border: [] } });
  for (const { service: of, name, effect, argument } of wanted)
    table.push([`${of} ${name}${argument === "" ? "" : ` '${argument}'`}`, effect]);
  return table.toString();
}
