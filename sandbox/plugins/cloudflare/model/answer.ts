import { wireName } from "./schema.ts";
import type { Attribute, Attributes } from "./schema.ts";
import { field, isFields, isList, unknownValue } from "./value.ts";
import type { Fields, Value } from "./value.ts";

/**
 * The resource as the API's answer to a GET shows it. Parts of the URL are in no answer and stay as they were. Rules of the official
 * provider's decoder (terraform-provider-cloudflare v5.22.0, `internal/apijson/decoder.go`).
 */
export function seen(attributes: Attributes, state: Fields, answer: unknown): Fields {
  const source = record(answer);
  return fill(attributes, (name, attribute) =>
    outsideAnswer(attribute) ? field(state, name) : decode(attribute, source[wireName(name, attribute)], field(state, name)),
  );
}

/**
 * The resource after a create or update: what the plan says, and from the answer only what the plan leaves to the API. A value that the
 * program gave stays as the program wrote it, whatever form the API answers with; the next refresh shows the API's.
 */
export function completed(attributes: Attributes, planned: Fields, answer: unknown): Fields {
  const source = record(answer);
  return fill(attributes, (name, attribute) =>
    outsideAnswer(attribute) ? field(planned, name) : complete(attribute, field(planned, name), source[wireName(name, attribute)]),
  );
}

function complete(attribute: Attribute, planned: Value, answer: unknown): Value {
  if (attribute.mode === "computed") return decode(attribute, answer, planned);
  if (attribute.mode === "computedOptional" && (planned === null || planned === unknownValue)) return decode(attribute, answer, planned);
  if (attribute.type === "object" && isFields(planned)) return completed(attribute.attributes, planned, answer);
  if (attribute.type === "list" && isList(planned)) {
    const items: readonly unknown[] = Array.isArray(answer) ? answer : [];
    return planned.map((item, index) => complete(attribute.element, item, items[index]));
  }
  if (attribute.type === "map" && isFields(planned)) {
    const items = record(answer);
    return Object.fromEntries(Object.entries(planned).map(([name, item]) => [name, complete(attribute.element, item, items[name])]));
  }
  return planned === unknownValue ? null : planned;
}

/** The answer's value where it has the attribute's type; else what was there before, since the API's documents and answers differ in places. */
function decode(attribute: Attribute, answer: unknown, before: Value): Value {
  const otherwise = before === unknownValue ? null : before;
  if (answer === null || answer === undefined) return attribute.whenMissing ?? null;
  switch (attribute.type) {
    case "string":
      return typeof answer === "string" ? answer : otherwise;
    case "time":
      return typeof answer === "string" ? wholeSeconds(answer) : otherwise;
    case "number":
      return typeof answer === "number"
        ? answer
        : typeof answer === "string" && answer !== "" && !Number.isNaN(Number(answer))
          ? Number(answer)
          : otherwise;
    case "boolean":
      return typeof answer === "boolean" ? answer : otherwise;
    case "json":
      return JSON.stringify(answer);
    case "any":
      return jsonValue(answer);
    case "list":
    case "set":
      return Array.isArray(answer) ? answer.map((item: unknown) => decode(attribute.element, item, null)) : otherwise;
    case "map":
      return isRecord(answer)
        ? Object.fromEntries(Object.entries(answer).map(([name, item]) => [name, decode(attribute.element, item, null)]))
        : otherwise;
    case "object":
      return isRecord(answer) ? seen(attribute.attributes, {}, answer) : otherwise;
  }
}

/** Timestamps lose their fraction of a second: the official provider formats them as RFC 3339. */
function wholeSeconds(timestamp: string): string {
  return timestamp.replace(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+/, "$1");
}

function jsonValue(answer: unknown): Value {
  if (Array.isArray(answer)) return answer.map(jsonValue);
  if (isRecord(answer)) return Object.fromEntries(Object.entries(answer).map(([name, item]) => [name, jsonValue(item)]));
  if (typeof answer === "string" || typeof answer === "number" || typeof answer === "boolean") return answer;
  return null;
}

function fill(attributes: Attributes, value: (name: string, attribute: Attribute) => Value): Fields {
  return Object.fromEntries(Object.entries(attributes).map(([name, attribute]) => [name, value(name, attribute)]));
}

function outsideAnswer(attribute: Attribute): boolean {
  return attribute.inUrl === true || attribute.own === true;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
