import { z } from "zod";
import { canonicalJson, type Checks, type Json, Line, ResourceName, type SmokeCheck, UrlPath } from "../../contract/index.ts";

/** `apps/<app>/app.yaml`: what the people who write the app know about how to tell that it works. Its output is the contract's `Checks`. */

const JsonValue: z.ZodType<Json> = z.json();

const Expectation = z.strictObject({
  status: z
    .int()
    .min(100)
    .max(599)
    .default(200)
    .meta({ description: "Status of the answer.", examples: [200] }),
  contains: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .meta({ description: "Text that the body contains.", examples: ["ok"] }),
  json: z
    .record(
      z.string().regex(/^(?:\/[^/]*)*$/, 'must be a JSON pointer, such as "/data/status"'),
      z.union([z.string(), z.number(), z.boolean(), z.null()]),
    )
    .default({})
    .meta({
      description: "JSON pointers (RFC 6901) into the body, and the exact values found there.",
      examples: [{ "/data/health/status": "ok" }],
    }),
});

const SmokeCheckFile = z.strictObject({
  name: Line.min(1)
    .max(80)
    .meta({ description: "What the check shows, for reports.", examples: ["GraphQL answers"] }),
  route: ResourceName.meta({ description: "Name of a route in the stack file.", examples: ["api"] }),
  method: z
    .enum(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
    .optional()
    .meta({ description: "HTTP method. Default: POST with a body, else GET.", examples: ["GET"] }),
  path: z
    .string()
    .regex(/^\/[^\s#]{0,2047}$/, "must be an absolute path, with query if wanted, without blanks or fragment")
    .meta({ description: "Path with query.", examples: ["/health"] }),
  headers: z
    .record(z.string().regex(/^[A-Za-z0-9-]+$/, "must be a header name"), z.string().max(1024))
    .default({})
    .meta({ description: "Request headers.", examples: [{ accept: "application/json" }] }),
  body: z
    .union([z.string().max(65_536), z.record(z.string(), JsonValue)])
    .optional()
    .meta({
      description: "Request body: text as it stands, or a mapping, which is sent as JSON with its content type.",
      examples: [{ query: "{ health { status } }" }],
    }),
  expect: Expectation.prefault({}).meta({ description: "What the answer must be.", examples: [{ status: 204 }] }),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(120)
    .default(10)
    .meta({ description: "For the whole answer.", unit: "seconds", examples: [10] }),
});

export const AppFile = z.strictObject({
  releaseEcho: z
    .strictObject({
      route: ResourceName.meta({ description: "Name of a route in the stack file.", examples: ["api"] }),
      path: UrlPath.meta({ description: "Path that answers with the value of TERRACE_RELEASE and nothing else.", examples: ["/release"] }),
    })
    .optional()
    .meta({
      description: "Proves through the public name which code answers. Absent: only the container's digest proves it, and reports say so.",
    }),
  smoke: z
    .array(SmokeCheckFile)
    .max(50)
    .default([])
    .meta({ description: "Requests that a new release must answer before it gets traffic, and again after the switch." }),
});
export type AppFile = z.infer<typeof AppFile>;

/** The checks of an app in the form that crosses to a host: every default filled in, mappings turned into JSON text. */
export function checksOf(file: AppFile): Checks {
  return { releaseEcho: file.releaseEcho ?? null, smoke: file.smoke.map(smokeCheck) };
}

function smokeCheck(check: z.infer<typeof SmokeCheckFile>): SmokeCheck {
  const isText = check.body === undefined || typeof check.body === "string";
  // Names of headers know no case: beside one of their own, ours would be a second and win.
  const hasType = Object.keys(check.headers).some((header) => header.toLowerCase() === "content-type");
  return {
    name: check.name,
    route: check.route,
    method: check.method ?? (check.body === undefined ? "GET" : "POST"),
    path: check.path,
    headers: isText || hasType ? check.headers : { ...check.headers, "content-type": "application/json" },
    body: check.body === undefined ? null : typeof check.body === "string" ? check.body : canonicalJson(check.body),
    expect: { status: check.expect.status, contains: check.expect.contains ?? null, json: check.expect.json },
    timeoutSeconds: check.timeoutSeconds,
  };
}
