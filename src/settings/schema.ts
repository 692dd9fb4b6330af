import { isIP } from "node:net";
import { z } from "zod";
import { AppSettings } from "../../components/app/schema.ts";
import { DataSettings } from "../../components/data/schema.ts";
import { EdgeSettings } from "../../components/edge/schema.ts";
import { PlatformSettings } from "../../components/platform/schema.ts";
import { epoch } from "../../components/shared/epoch.ts";
import { AppName, EnvironmentName, HostName, PublicKey } from "../../contract/index.ts";
import { siteUrlFault } from "../secrets/credentials.ts";
import { StorePath } from "../secrets/secretsFile.ts";

/** The one schema of a stack file, made of the layers' schemas. Field names are the keys below `terrace:`. */

const Port = z.int().min(1).max(65_535);

export const HostSettings = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,62}$/, "must be lower case letters, digits and hyphens, beginning with a letter")
      .meta({ description: "Name of the server for people, in messages and reports.", examples: ["staging-1"] }),
    address: z
      .string()
      .refine(
        (value) => isIP(value) !== 0 || HostName.safeParse(value).success,
        "must be an IP address or a full domain name, without scheme, user or port",
      )
      .optional()
      .meta({ description: "Where SSH finds the server. Absent: SSH_HOST of the secret store.", examples: ["203.0.113.7"] }),
    hostKey: PublicKey.optional().meta({
      description:
        "The server's ed25519 host key, from its /etc/ssh/ssh_host_ed25519_key.pub. Absent: SSH_HOST_KEY of the secret store. A server that shows another one is refused.",
      examples: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFuIGV4YW1wbGUsIGFuZCBub2JvZHkncyBvd24ga2V5"],
    }),
    port: Port.default(22).meta({ description: "Port of SSH.", examples: [22] }),
  })
  .meta({ description: "The server that this stack releases to." });
export type HostSettings = z.infer<typeof HostSettings>;

export const SecretStoreSettings = z
  .strictObject({
    siteUrl: z
      .string()
      .superRefine((value, context) => {
        const fault = siteUrlFault(value);
        if (fault !== undefined) context.addIssue({ code: "custom", message: fault, input: value });
      })
      .optional()
      .meta({
        description: "Infisical server. Absent: INFISICAL_SITE_URL of the environment, else Infisical's own cloud.",
        examples: ["https://eu.infisical.com"],
      }),
    environment: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "must be an environment's slug: lower case letters, digits and hyphens")
      .optional()
      .meta({ description: "Slug of the environment in Infisical. Absent: the name of this stack.", examples: ["prod"] }),
    path: StorePath.default("/").meta({
      description: "Folder that holds the variables of the program itself (SSH_PRIVATE_KEY …).",
      examples: ["/"],
    }),
    epoch: epoch("the host's secrets (registry credentials, origin certificate)"),
  })
  .meta({ description: "Where secrets come from." });
export type SecretStoreSettings = z.infer<typeof SecretStoreSettings>;

export const RegistrySettings = z
  .strictObject({
    address: z
      .string()
      .regex(
        /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?::\d{1,5})?$/,
        "must be a host name with or without port, no scheme and no path",
      )
      .meta({
        description: "Registry that holds the images; its credentials are REGISTRY_USERNAME and REGISTRY_PASSWORD.",
        examples: ["ghcr.io"],
      }),
    authority: z
      .string()
      .regex(/^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n?$/, "must be one CA certificate in PEM")
      .optional()
      .meta({
        description:
          "CA certificate (PEM) of a registry whose own is not publicly trusted. Absent: REGISTRY_AUTHORITY of the secret store, else the system's.",
      }),
  })
  .meta({ description: "Where images come from." });
export type RegistrySettings = z.infer<typeof RegistrySettings>;

export const StackSettings = z.strictObject({
  environment: EnvironmentName.meta({
    description: "Name of this stack, once more: a copied stack file must not release to the environment it was copied from.",
    examples: ["staging"],
  }),
  host: HostSettings,
  secretStore: SecretStoreSettings.prefault({}),
  registry: RegistrySettings,
  platform: PlatformSettings,
  edge: EdgeSettings.optional(),
  data: DataSettings.prefault({}),
  apps: z
    .record(AppName, AppSettings)
    .refine((apps) => Object.keys(apps).length > 0, "needs at least one app")
    .meta({ description: "What runs: by the name of its folder under apps/." }),
});
export type StackSettings = z.infer<typeof StackSettings>;
export type StackInput = z.input<typeof StackSettings>;
