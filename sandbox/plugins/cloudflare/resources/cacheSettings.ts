import { atMostOne, exactlyOne, notEmpty, oneOf, onlyTrue, wholeBetween } from "../model/check.ts";
import { flag, list, map, number, object, text } from "../model/schema.ts";
import type { Attributes, Composite } from "../model/schema.ts";

const filled = { check: notEmpty };
const seconds = { check: wholeBetween(0, Infinity) };
const statusCode = { check: wholeBetween(100, 999) };

/** Pulumi's names are plural where the API's are not. */
const texts = (wire: string) => list("optional", text("required"), { wire, ...filled });

const queryParameters: Composite = object(
  "optional",
  { lists: texts("list"), all: flag("optional", { check: onlyTrue }) },
  { check: exactlyOne("lists", "all") },
);

const customKey = object("optional", {
  cookie: object("optional", { checkPresences: texts("check_presence"), includes: texts("include") }),
  header: object("optional", {
    checkPresences: texts("check_presence"),
    contains: map("optional", list("required", text("required"), filled), filled),
    excludeOrigin: flag("optional"),
    includes: texts("include"),
  }),
  host: object("optional", { resolved: flag("optional") }),
  queryString: object("optional", { include: queryParameters, exclude: queryParameters }, { check: atMostOne("include", "exclude") }),
  user: object("optional", { deviceType: flag("optional"), geo: flag("optional"), lang: flag("optional") }),
});

/** Parameters of the action `set_cache_settings` (`vary` is refused). */
export const cacheSettings: Attributes = {
  additionalCacheablePorts: list("optional", number("required", { check: wholeBetween(1, 65_535) }), filled),
  browserTtl: object("optional", {
    mode: text("required", { check: oneOf("respect_origin", "bypass_by_default", "override_origin", "bypass") }),
    default: number("optional", seconds),
  }),
  cache: flag("optional"),
  cacheKey: object("optional", {
    cacheByDeviceType: flag("optional"),
    cacheDeceptionArmor: flag("optional"),
    customKey,
    ignoreQueryStringsOrder: flag("optional"),
  }),
  cacheReserve: object("optional", { eligible: flag("required"), minimumFileSize: number("optional", seconds) }),
  edgeTtl: object("optional", {
    mode: text("required", { check: oneOf("respect_origin", "bypass_by_default", "override_origin") }),
    default: number("optional", seconds),
    statusCodeTtls: list(
      "optional",
      object(
        "required",
        {
          value: number("required"),
          statusCode: number("optional", statusCode),
          statusCodeRange: object("optional", { from: number("optional", statusCode), to: number("optional", statusCode) }),
        },
        { check: exactlyOne("statusCode", "statusCodeRange") },
      ),
      { wire: "status_code_ttl", ...filled },
    ),
  }),
  originCacheControl: flag("optional"),
  originErrorPagePassthru: flag("optional"),
  readTimeout: number("optional", { check: wholeBetween(100, 6000) }),
  respectStrongEtags: flag("optional"),
  serveStale: object("optional", { disableStaleWhileUpdating: flag("optional") }),
};

/**
 * The API takes the query string parameters of a cache key as `{"list": [...]}` or `{"all": true}` and answers with a bare list, `["*"]` for
 * all. Returns the answer in the form that was sent (`transformQueryStringJSON` upstream).
 */
export function queryStringLists(ruleset: unknown): unknown {
  if (!isRecord(ruleset) || !Array.isArray(ruleset["rules"])) return ruleset;
  const rules: readonly unknown[] = ruleset["rules"];
  return { ...ruleset, rules: rules.map((rule) => inside(rule, ["action_parameters", "cache_key", "custom_key", "query_string"], asSent)) };
}

function asSent(queryString: unknown): unknown {
  if (!isRecord(queryString)) return queryString;
  const sent = (items: unknown): unknown =>
    !Array.isArray(items) ? items : items.length === 1 && items[0] === "*" ? { all: true } : { list: items };
  return Object.fromEntries(Object.entries(queryString).map(([name, items]) => [name, sent(items)]));
}

/** The same value with what is at the path changed, if there is anything. */
function inside(value: unknown, path: readonly string[], change: (inner: unknown) => unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return change(value);
  if (!isRecord(value) || value[first] === undefined) return value;
  return { ...value, [first]: inside(value[first], rest, change) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
