import { atMostOne, exactlyOne, identifier, matches, notEmpty, oneOf, oneOfNumbers, onlyTrue, wholeBetween } from "../model/check.ts";
import { flag, list, map, number, object, text } from "../model/schema.ts";
import type { Attributes } from "../model/schema.ts";
import { cacheSettings } from "./cacheSettings.ts";
import { phases } from "./phase.ts";

/** The actions of this plugin. Upstream's others are refused by name: their parameters are not here. */
export const actions = [
  ...["block", "challenge", "execute", "js_challenge", "log", "managed_challenge", "redirect"],
  ...["rewrite", "route", "set_cache_settings", "set_config", "skip"],
] as const;

const filled = { check: notEmpty };
const verb = { check: matches(/^[a-z_]+$/, "lower-case letters and underscores") };
const sensitivity = text("optional", { check: oneOf("default", "medium", "low", "eoff") });
const valueOrExpression = object(
  "optional",
  { value: text("optional"), expression: text("optional", filled) },
  { check: exactlyOne("value", "expression") },
);

const block: Attributes = {
  response: object("optional", {
    content: text("required", filled),
    contentType: text("required", filled),
    statusCode: number("required", { check: wholeBetween(400, 499) }),
  }),
};

const execute: Attributes = {
  id: text("optional", { check: identifier }),
  matchedData: object("optional", { publicKey: text("required", filled) }),
  overrides: object("optional", {
    action: text("optional", verb),
    categories: list(
      "optional",
      object("required", {
        category: text("required", filled),
        action: text("optional", verb),
        enabled: flag("optional"),
        sensitivityLevel: sensitivity,
      }),
      filled,
    ),
    enabled: flag("optional"),
    rules: list(
      "optional",
      object("required", {
        id: text("required", { check: identifier }),
        action: text("optional", verb),
        enabled: flag("optional"),
        scoreThreshold: number("optional"),
        sensitivityLevel: sensitivity,
      }),
      filled,
    ),
    sensitivityLevel: sensitivity,
  }),
};

const redirect: Attributes = {
  fromValue: object("optional", {
    preserveQueryString: flag("computedOptional", { initial: false }),
    statusCode: number("optional", { check: oneOfNumbers(301, 302, 303, 307, 308) }),
    targetUrl: { ...valueOrExpression, mode: "required" },
  }),
};

const rewrite: Attributes = {
  headers: map(
    "optional",
    object(
      "required",
      {
        operation: text("required", { check: oneOf("add", "set", "remove") }),
        value: text("optional", filled),
        expression: text("optional", filled),
      },
      { check: atMostOne("value", "expression") },
    ),
    filled,
  ),
  uri: object("optional", { path: valueOrExpression, query: valueOrExpression }),
};

const route: Attributes = {
  hostHeader: text("optional", filled),
  origin: object("optional", { host: text("optional", filled), port: number("optional", { check: wholeBetween(1, 65_535) }) }),
  sni: object("optional", { value: text("required", filled) }),
};

const setConfig: Attributes = {
  automaticHttpsRewrites: flag("optional"),
  bic: flag("optional"),
  disableApps: flag("optional", { check: onlyTrue }),
  disableRum: flag("optional", { check: onlyTrue }),
  disableZaraz: flag("optional", { check: onlyTrue }),
  emailObfuscation: flag("optional"),
  fonts: flag("optional"),
  hotlinkProtection: flag("optional"),
  mirage: flag("optional"),
  opportunisticEncryption: flag("optional"),
  polish: text("optional", { check: oneOf("off", "lossless", "lossy", "webp") }),
  rocketLoader: flag("optional"),
  securityLevel: text("optional", { check: oneOf("off", "essentially_off", "low", "medium", "high", "under_attack") }),
  serverSideExcludes: flag("optional"),
  ssl: text("optional", { check: oneOf("off", "flexible", "full", "strict", "origin_pull") }),
  sxg: flag("optional"),
};

const identifiers = list("optional", text("required", { check: identifier }), filled);

const skip: Attributes = {
  phases: list("optional", text("required", { check: oneOf(...phases) }), filled),
  products: list(
    "optional",
    text("required", { check: oneOf("bic", "hot", "rateLimit", "securityLevel", "uaBlock", "waf", "zoneLockdown") }),
    filled,
  ),
  rules: map("optional", { ...identifiers, mode: "required" }, filled),
  ruleset: text("optional", { check: oneOf("current") }),
  rulesets: identifiers,
};

const byAction: Readonly<Record<string, Attributes>> = {
  block,
  execute,
  redirect,
  rewrite,
  route,
  set_cache_settings: cacheSettings,
  set_config: setConfig,
  skip,
};

/** All parameters of all actions, as the API has them in one object. */
export const actionParameters: Attributes = Object.assign({}, ...Object.values(byAction)) as Attributes;

/** The action that a parameter belongs to. */
export const actionOf: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(byAction).flatMap(([action, parameters]) => Object.keys(parameters).map((name) => [name, action])),
);
