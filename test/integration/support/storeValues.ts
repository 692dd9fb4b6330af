import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { serviceNames } from "../../../sandbox/names.ts";
import type { Environment } from "../../../sandbox/slot.ts";
import type { World } from "./world.ts";

/** The secret store as a person with its web page sees it: every value of an environment, and a way to change one. */
export interface StoreValues {
  /** By name, imports included and references expanded. */
  all(): Promise<Readonly<Record<string, string>>>;
  /** Changes a value of the root folder. */
  change(name: string, value: string): Promise<void>;
}

interface Listing {
  readonly secrets: readonly { readonly secretKey: string; readonly secretValue: string }[];
  readonly imports: readonly Pick<Listing, "secrets">[];
}

export async function storeValues({ sandbox, authority }: World, environment: Environment): Promise<StoreValues> {
  const ask = async (method: string, path: string, body?: unknown, token?: string): Promise<unknown> => {
    const outgoing = request({
      host: sandbox.slot.infisical.ipv4,
      servername: serviceNames.infisical,
      ca: authority,
      agent: false,
      method,
      path,
      headers: {
        host: serviceNames.infisical,
        "content-type": "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    }).end(body === undefined ? undefined : JSON.stringify(body));
    const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
    const text = Buffer.concat((await answer.toArray()) as Buffer[]).toString();
    if (answer.statusCode !== 200) throw new Error(`${method} ${path}: status ${answer.statusCode ?? 0}: ${text}`);
    return JSON.parse(text);
  };
  const { accessToken } = (await ask("POST", "/api/v1/auth/universal-auth/login", sandbox.seed.infisical.identities[environment])) as {
    readonly accessToken: string;
  };
  const place = { workspaceId: sandbox.seed.infisical.projectId, environment, secretPath: "/" };
  return {
    all: async () => {
      const query = new URLSearchParams({ ...place, include_imports: "true", expandSecretReferences: "true" });
      const { secrets, imports } = (await ask("GET", `/api/v3/secrets/raw?${query.toString()}`, undefined, accessToken)) as Listing;
      const members = [...imports.flatMap((member) => member.secrets), ...secrets];
      return Object.fromEntries(members.map(({ secretKey, secretValue }) => [secretKey, secretValue]));
    },
    change: async (name, secretValue) => {
      await ask("PATCH", `/api/v3/secrets/raw/${name}`, { ...place, secretValue }, accessToken);
    },
  };
}
