import { z } from "zod";
import { HostName, Provenance, ResourceName, ServiceName, UrlPath, VariableName } from "../../contract/index.ts";
import { epoch } from "../shared/epoch.ts";

/** Settings of Layer 3, key `apps.<app>` of a stack file: which images of an app run in this stack, on which names, and how they change. */

export const RouteSettings = z.strictObject({
  name: ResourceName.meta({ description: "Names the route in reports and checks.", examples: ["api"] }),
  host: HostName.meta({ description: "Full domain name that visitors use.", examples: ["api.staging.example.com"] }),
  service: ServiceName.meta({ description: "Service of compose.yaml with role `web`.", examples: ["api"] }),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .meta({ description: "Port the service listens on inside its container.", examples: [8000] }),
  pathPrefix: UrlPath.default("/").meta({
    description: "Requests below this path belong to the route; `/` takes all.",
    examples: ["/graphql"],
  }),
});
export type RouteSettings = z.infer<typeof RouteSettings>;

export const StrategySettings = z
  .strictObject({
    healthTimeoutSeconds: z
      .int()
      .min(1)
      .max(3600)
      .default(120)
      .meta({ description: "From start until every container of the new release must be healthy.", unit: "seconds", examples: [120] }),
    settleSeconds: z
      .int()
      .min(0)
      .max(60)
      .default(15)
      .meta({
        description: "How long the new release is watched after the switch before `up` calls it deployed.",
        unit: "seconds",
        examples: [15],
      }),
    drainSeconds: z
      .int()
      .min(0)
      .max(3600)
      .default(30)
      .meta({
        description: "How long the old release may finish its requests before it is stopped. At least the longest request.",
        unit: "seconds",
        examples: [30],
      }),
  })
  .meta({ description: "How one release takes over from another." });
export type StrategySettings = z.infer<typeof StrategySettings>;

/** The contract's provenance, with its words for people who write settings. */
export const ReleaseSettings = z
  .strictObject({
    version: Provenance.shape.version.meta({ description: "Version for people.", examples: ["1.4.2"] }),
    commit: Provenance.shape.commit.meta({ description: "Commit that the images were built from.", examples: ["9f2c41d"] }),
    requestedBy: Provenance.shape.requestedBy.meta({
      description: "Who promoted them: a name or an address.",
      examples: ["alice@example.com"],
    }),
    run: Provenance.shape.run.meta({ description: "Link or id of the CI run, or `local`.", examples: ["https://ci.example.com/runs/42"] }),
  })
  .meta({
    description: "Where the images came from. Written by `npm run promote` with them; absent with `images: fromBuild`, whose file says it.",
  });

export const ImageSettings = z
  .union([
    z.literal("fromBuild"),
    z.record(
      ServiceName,
      // Its form is judged by a rule: what writes a right one (`promote`) must be able to read a wrong one.
      z.string().meta({
        description: "`registry/repository:tag@sha256:<64 hex>`",
        examples: [`ghcr.io/example/api:1.4.2@sha256:${"0".repeat(64)}`],
      }),
    ),
  ])
  .meta({
    description:
      "One image per service of compose.yaml, pinned by digest; `npm run promote` writes them, also where there is no such key yet. `fromBuild` takes them from image-digests.json of this checkout, which is for a sandbox: nobody reviews what stands there.",
    examples: ["fromBuild"],
  });

export const AppSettings = z.strictObject({
  epoch: epoch("the release"),
  secretsEpoch: epoch("the secrets of this app's containers"),
  images: ImageSettings.optional(),
  release: ReleaseSettings.optional(),
  routes: z.array(RouteSettings).max(50).default([]).meta({ description: "Public names of the app. None: an app that only works." }),
  strategy: StrategySettings.prefault({}),
  environment: z
    .record(ServiceName, z.record(VariableName, z.string().max(8192)))
    .default({})
    .meta({
      description:
        "Plain variables of this stack by service, over those of compose.yaml. Never a secret: those stand in apps/<app>/secrets.yaml.",
      examples: [{ api: { LOG_LEVEL: "debug" } }],
    }),
});
export type AppSettings = z.infer<typeof AppSettings>;
