import { defineProvider, definitionsFor } from "../base/index.ts";
import { defaultHost, requireDaemon } from "./daemon.ts";
import { imageDigest } from "./registryImage.ts";
import { registryLogins } from "./registryAuth.ts";
import type { RegistryLogins } from "./registryAuth.ts";

/** What functions need: the logins. No daemon is talked to after `configure`. */
interface DockerClient {
  readonly logins: RegistryLogins;
}

const define = definitionsFor<DockerClient>();
const token = "docker:index/getRegistryImage:getRegistryImage";

const getRegistryImage = define.function({
  token,
  inputs: { name: { type: "string", required: true }, insecureSkipVerify: { type: "boolean", default: false } },
  outputs: { id: { type: "string", required: true }, sha256Digest: { type: "string", required: true } },
  async invoke({ name, insecureSkipVerify }, { client, signal }) {
    try {
      const digest = await imageDigest({ name, insecureSkipVerify, logins: client.logins, signal });
      return { id: digest, sha256Digest: digest };
    } catch (error) {
      signal.throwIfAborted();
      // The bridge lists the errors of Terraform's SDK so, one or many.
      throw new Error(`invoking ${token}: 1 error occurred:\n\t* ${error instanceof Error ? error.message : String(error)}\n\n`, {
        cause: error,
      });
    }
  },
});

/** Stands in for the plugin of `@pulumi/docker` 5.2.0, for one function: does a registry have this image? */
export const dockerProvider = defineProvider({
  name: "docker",
  version: "5.2.0",
  secretnessIsADifference: false,
  config: {
    host: { type: "string" },
    disableDockerDaemonCheck: { type: "boolean" },
    // Travels as one JSON text, so the password makes all of it secret, as it does with the official plugin.
    registryAuth: {
      type: "array",
      secret: true,
      items: {
        type: "object",
        properties: {
          address: { type: "string", required: true },
          username: { type: "string" },
          password: { type: "string", secret: true },
          authDisabled: { type: "boolean" },
        },
      },
    },
  },
  async configure(config): Promise<DockerClient> {
    const logins = registryLogins(config.registryAuth ?? [], process.env);
    await requireDaemon(config.host ?? process.env["DOCKER_HOST"] ?? defaultHost);
    return { logins };
  },
  resources: [],
  functions: [getRegistryImage],
});
