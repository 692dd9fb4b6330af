import { roleMeanings, ServiceTerrace, VolumeTerrace } from "../../components/app/composeFile.ts";
import { AppFile } from "../../components/app/appFile.ts";
import { programVariables } from "../secrets/programVariables.ts";
import { SecretsFile } from "../secrets/secretsFile.ts";
import { ImageDigests, imageDigestsFileName, platformEntry } from "./imageDigests.ts";
import { referenceTables } from "./reference.ts";
import { StackSettings } from "./schema.ts";
import { type SchemaNode, schemaNode } from "../../components/shared/schemaNode.ts";

/** Files that are made from the schemas, by path from the root of the checkout. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    "docs/schema/stack.json": `${JSON.stringify(stackFileSchema(), null, 2)}\n`,
    "docs/settings.md": settingsDocument(),
  };
}

/** JSON Schema of a whole stack file, for editors. Keys of other Pulumi projects in it would be a mistake, so there are none. */
function stackFileSchema(): unknown {
  const { properties = {}, required = [] } = schemaNode(StackSettings);
  const ours = Object.entries(properties).map(([key, node]) => [`terrace:${key}`, node]);
  const providers = "pulumi:disable-default-providers";
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Stack file of Terrace",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: {
          [providers]: { description: "Every provider here is explicit.", type: "array", items: { const: "*" }, minItems: 1, maxItems: 1 },
          ...(Object.fromEntries(ours) as Record<string, SchemaNode>),
        },
        required: [providers, ...required.map((key) => `terrace:${key}`)],
        additionalProperties: false,
      },
      encryptionsalt: { type: "string", description: "Pulumi's own: salt of the passphrase that encrypts secrets in the state." },
      secretsprovider: { type: "string", description: "Pulumi's own: which key encrypts secrets in the state." },
      encryptedkey: { type: "string", description: "Pulumi's own." },
    },
    required: ["config"],
    additionalProperties: false,
  };
}

function settingsDocument(): string {
  const digests = schemaNode(ImageDigests);
  const sections = [
    "# Settings",
    "<!-- Made from the schemas by `npm run settings`; `npm run check` tells when it is stale. -->",
    "A stack has one file, `Pulumi.<stack>.yaml`; each app of it has three more under `apps/<app>/`. All are checked together, and everything that is wrong is told in one message.",
    "## `Pulumi.<stack>.yaml`",
    "The keys below stand under `config` with `terrace:` before the first part: `host.name` is written",
    '```yaml\nconfig:\n  pulumi:disable-default-providers: ["*"]\n  terrace:host:\n    name: staging-1\n```',
    ...referenceTables(schemaNode(StackSettings), ""),
    "## `apps/<app>/compose.yaml`",
    "An ordinary compose file, plus `x-terrace` on each service and, where two releases may write it, on a volume. What cannot be rolled out in two colours is refused, each with its reason.",
    ...referenceTables(schemaNode(ServiceTerrace), "services.<service>.x-terrace."),
    [
      "| role | what it means |",
      "|---|---|",
      ...Object.entries(roleMeanings).map(([role, meaning]) => `| \`${role}\` | ${meaning} |`),
    ].join("\n"),
    ...referenceTables(schemaNode(VolumeTerrace), "volumes.<volume>.x-terrace."),
    "A volume that a web service, a worker or a job writes needs it, unless the service mounts it `:ro` or, being no job, says `update: recreate`.",
    "## `apps/<app>/app.yaml`",
    "How to tell that the app works. An empty file says nothing.",
    ...referenceTables(schemaNode(AppFile), ""),
    "## `apps/<app>/secrets.yaml`",
    "Secret variables of the app's services: names and rules, no values.",
    ...referenceTables(schemaNode(SecretsFile), ""),
    "## Variables of the program",
    "They stand in the secret store, in the folder `secretStore.path`; containers never see them. `npm run secrets -- generate <stack>` makes those marked so.",
    programTable(),
    `## \`${imageDigestsFileName}\``,
    `What a build publishes, by app; the platform's own image stands under \`${platformEntry}\` as \`ingress\`. \`npm run promote -- <stack> --digests ${imageDigestsFileName}\` writes the apps' images into a stack file; the platform's is written there by hand.`,
    ...referenceTables(digests.additionalProperties === false ? {} : (digests.additionalProperties ?? {}), "<app>."),
  ];
  return `${sections.join("\n\n")}\n`;
}

function programTable(): string {
  const rows = Object.entries(programVariables).map(([name, variable]) => {
    const note = "generate" in variable ? "generated" : "optional" in variable ? "may be left out" : "";
    return `| \`${name}\` | ${variable.description} | ${note} |`;
  });
  return ["| variable | meaning | |", "|---|---|---|", ...rows].join("\n");
}
