import type { InfisicalSDK } from "@infisical/sdk";
import { once } from "node:events";
import { z } from "zod";
import { type FetchWatch, watchFetches } from "./abortableFetch.ts";
import type { StoreCredentials } from "./credentials.ts";
import { loadInfisicalSdk } from "./infisicalSdk.ts";
import { mergeImports } from "./mergeImports.ts";
import { type Folders, isFree, type SecretStore } from "./source.ts";
import { deadlineError, refusalError, refusalOf, type StorePlace, type StoreStep, storeError, unreachableError } from "./storeFault.ts";

/** The only file that talks to Infisical, by its SDK. One login per run; one deadline for everything until the last value is there. */

/** Seconds for a run's login and reading together, and for the first answer. */
export const deadlineSeconds = 15;
const firstAnswerSeconds = 5;

interface Run {
  readonly place: StorePlace;
  readonly credentials: StoreCredentials;
  readonly deadline: AbortSignal;
}

/** Values of a project and environment, by Infisical's protocol. Nothing is asked before the first `read` or `put`. */
export function infisicalStore(credentials: StoreCredentials, environment: string): SecretStore {
  const place: StorePlace = { siteUrl: credentials.siteUrl, projectId: credentials.projectId, environment };
  let session: Promise<InfisicalSDK> | undefined;
  const run = <T>(step: StoreStep, work: (sdk: InfisicalSDK) => Promise<T>): Promise<T> => {
    const attempt: Run = { place, credentials, deadline: AbortSignal.timeout(deadlineSeconds * 1000) };
    session ??= login(attempt);
    return session.then((sdk) => guarded(attempt, step, () => work(sdk)));
  };
  return {
    name: `Infisical at ${credentials.siteUrl}, environment "${environment}"`,
    read: (folders) => run("read", (sdk) => readFolders(sdk, place, folders)),
    put: (folder, name, value) => run("write", (sdk) => putValue(sdk, place, folder, name, value)),
  };
}

/** The SDK is loaded during the first round trip. */
async function login(run: Run): Promise<InfisicalSDK> {
  const [Sdk] = await Promise.all([loadInfisicalSdk(), reach(run)]);
  const { clientId, clientSecret, siteUrl } = run.credentials;
  return guarded(run, "login", () => new Sdk({ siteUrl }).auth().universalAuth.login({ clientId, clientSecret }));
}

/** A dead server is told within seconds: the SDK would try for sixteen. Any answer will do; its health path needs no rights. */
async function reach({ place, deadline }: Run): Promise<void> {
  try {
    const signal = AbortSignal.any([deadline, AbortSignal.timeout(firstAnswerSeconds * 1000)]);
    const response = await fetch(`${place.siteUrl}/api/status`, { signal, redirect: "manual" });
    await response.body?.cancel();
  } catch (error) {
    throw unreachableError(place, error);
  }
}

/** Runs calls of the SDK under the deadline, and turns what they throw into an error for people. */
async function guarded<T>({ place, deadline }: Run, step: StoreStep, work: () => Promise<T>): Promise<T> {
  const watch: FetchWatch = { signal: deadline };
  const working = watchFetches(watch, work);
  // After the deadline the SDK still sleeps for a moment; what it makes of its last request is of no interest to anybody.
  working.catch(() => undefined);
  try {
    return await Promise.race([working, aborted(deadline)]);
  } catch (error) {
    if (deadline.aborted && watch.status === 429) throw refusalError(place, step, { status: 429, message: "" });
    if (deadline.aborted) throw deadlineError(place, step, deadlineSeconds);
    const refusal = refusalOf(error);
    if (refusal !== undefined) throw refusalError(place, step, refusal);
    throw watch.failure === undefined ? error : unreachableError(place, watch.failure);
  }
}

async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, "abort");
  throw signal.reason;
}

const Secret = z.object({ secretKey: z.string(), secretValue: z.string(), secretValueHidden: z.boolean().optional() });
const Listing = z.object({ secrets: z.array(Secret), imports: z.array(z.object({ secrets: z.array(Secret) })).optional() });

async function readFolders(sdk: InfisicalSDK, place: StorePlace, folders: readonly string[]): Promise<Folders> {
  const read = await Promise.all(folders.map(async (folder) => [folder, await readFolder(sdk, place, folder)] as const));
  // A listing answers with nothing at all for an environment that is not there or that the identity may not see. Asking for one secret by
  // name tells them from one that is still empty.
  if (read.every(([, values]) => values.size === 0)) {
    await ownValue(sdk, place, "/", "FINGERPRINT_KEY");
  }
  return new Map(read);
}

async function readFolder(sdk: InfisicalSDK, place: StorePlace, folder: string): Promise<ReadonlyMap<string, string>> {
  let answer: unknown;
  try {
    answer = await sdk.secrets().listSecrets({
      projectId: place.projectId,
      environment: place.environment,
      secretPath: folder,
      includeImports: true,
      expandSecretReferences: true,
    });
  } catch (error) {
    // Every environment has a root folder: where that is absent, the environment is.
    if (folder !== "/" && isFolderAbsent(error)) return new Map();
    throw error;
  }
  const listing = Listing.safeParse(answer);
  if (!listing.success)
    throw storeError(
      place,
      "answered with something that is no list of secrets",
      "compare its address with INFISICAL_SITE_URL: is it Infisical?",
    );
  const { secrets, imports = [] } = listing.data;
  const hidden = [...imports.flatMap((member) => member.secrets), ...secrets].find(({ secretValueHidden }) => secretValueHidden === true);
  if (hidden !== undefined)
    throw storeError(
      place,
      `shows this machine identity names but not values in folder ${folder} (${hidden.secretKey})`,
      'give its role the right "Read Value" on secrets',
    );
  return mergeImports(
    valuesOf(secrets),
    imports.map((member) => valuesOf(member.secrets)),
  );
}

function isFolderAbsent(error: unknown): boolean {
  const refusal = refusalOf(error);
  return refusal?.status === 404 && /^folder\b/i.test(refusal.message);
}

function valuesOf(secrets: readonly z.infer<typeof Secret>[]): Readonly<Record<string, string>> {
  return Object.fromEntries(secrets.map(({ secretKey, secretValue }) => [secretKey, secretValue]));
}

async function putValue(sdk: InfisicalSDK, place: StorePlace, folder: string, name: string, value: string): Promise<"written" | "exists"> {
  const at = { projectId: place.projectId, environment: place.environment, secretPath: folder };
  const own = await ownValue(sdk, place, folder, name);
  if (!isFree(own)) return "exists";
  const answer: unknown = await (own === undefined
    ? sdk
        .secrets()
        .createSecret(name, { ...at, secretValue: value })
        .catch((error: unknown) => {
          if (isFolderAbsent(error))
            throw storeError(
              place,
              `has no folder ${folder} in environment "${place.environment}"`,
              "create it in Infisical, then run again",
            );
          throw error;
        })
    : sdk.secrets().updateSecret(name, { ...at, secretValue: value }));
  // Under an approval policy the server answers with a request for approval instead of the secret.
  if (typeof answer === "object" && answer !== null && "approval" in answer)
    throw storeError(
      place,
      `holds ${folder} under an approval policy: ${name} waits for approval`,
      "approve it in Infisical, then run again",
    );
  return "written";
}

/** The value that stands in the folder itself, as it stands there. */
async function ownValue(sdk: InfisicalSDK, place: StorePlace, folder: string, name: string): Promise<string | undefined> {
  try {
    const answer: unknown = await sdk.secrets().getSecret({
      projectId: place.projectId,
      environment: place.environment,
      secretPath: folder,
      secretName: name,
      expandSecretReferences: false,
    });
    return Secret.parse(answer).secretValue;
  } catch (error) {
    if (refusalOf(error)?.status === 404 && !(folder === "/" && isFolderAbsent(error))) return undefined;
    throw error;
  }
}
