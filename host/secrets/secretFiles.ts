import { chmod, mkdir, readFile, readdir, rename, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Fingerprint, InstanceName, VariableName } from "../../contract/index.ts";
import type { Context } from "../context.ts";
import { Failure } from "../ending.ts";
import { removeFile } from "../files.ts";
import { recordFile } from "../state/record.ts";
import { sealedSetPath } from "./store.ts";

type World = Pick<Context, "paths" | "execute" | "secrets">;

/** statfs(2): TMPFS_MAGIC. */
const tmpfs = 0x01021994;

/**
 * The folders above are root's, 0700, so on the host only root comes this far. Inside a container only the file itself is mounted, and
 * there its mode counts: images run as any user, often named by the image and unknown here, and Docker does not translate owners of mounted
 * files. 0444 lets every process of that container read it, which is what a service that shares its container's fate is anyway; 0400 would
 * keep out the very service it is for.
 */
const mode = 0o444;

/** Which files an instance gets and out of which set each value comes. Holds no value; the unit at boot works from it. */
const Recipe = z.strictObject({
  instance: InstanceName,
  /** The release's own set; names the folder. */
  fingerprint: Fingerprint,
  /** Variable to the set that holds its value: the release's own or, in a rollback, the latest for what others can revoke. */
  sources: z.record(VariableName, Fingerprint),
});
export type SecretFileRecipe = z.infer<typeof Recipe>;

const recipeFile = recordFile(Recipe, 0o600);
const recipeSuffix = ".files.json";

function recipePath(world: World, { instance, fingerprint }: Pick<SecretFileRecipe, "instance" | "fingerprint">): string {
  return `${sealedSetPath(world, instance, fingerprint)}${recipeSuffix}`;
}

/**
 * Unseals values into `/run/terrace/secrets/<instance>/<fingerprint>/<NAME>` and remembers to do so at each boot. Returns the path by
 * variable. A file that holds its value already keeps its inode: containers that mount it keep theirs. Throws `Failure (secrets_absent)`.
 */
export async function provideSecretFiles(world: World, recipe: SecretFileRecipe): Promise<Readonly<Record<string, string>>> {
  await recipeFile.write(recipePath(world, recipe), recipe);
  return unsealFiles(world, recipe);
}

/** Takes the files away, now and for the next boot. For when no container mounts them any more. No error when there are none. */
export async function withdrawSecretFiles(world: World, instance: string, fingerprint: string): Promise<void> {
  await removeFile(recipePath(world, { instance, fingerprint }));
  await rm(join(world.paths.secretFiles(instance), fingerprint), { recursive: true, force: true });
}

export interface BootResult {
  readonly files: number;
  /** One sentence per instance that gets none; the others get theirs. */
  readonly failures: readonly string[];
}

/** Provides again what was provided before the power went. Runs before Docker, see `secretsUnitItem.ts`. */
export async function provideAtBoot(world: World): Promise<BootResult> {
  let files = 0;
  const failures: string[] = [];
  for (const path of await recipes(world)) {
    try {
      const recipe = await recipeFile.read(path);
      if (recipe !== undefined) files += Object.keys(await unsealFiles(world, recipe)).length;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error.message);
    }
  }
  return { files, failures };
}

async function recipes({ paths }: World): Promise<string[]> {
  const names = await readdir(paths.sealedSecrets, { recursive: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  });
  return names.filter((name) => name.endsWith(recipeSuffix)).map((name) => join(paths.sealedSecrets, name));
}

async function unsealFiles(world: World, recipe: SecretFileRecipe): Promise<Record<string, string>> {
  const folder = await openFolder(world, recipe);
  const fingerprints = [...new Set(Object.values(recipe.sources))];
  const sets = new Map(
    await Promise.all(fingerprints.map(async (name) => [name, await world.secrets.open(recipe.instance, name)] as const)),
  );
  const paths: Record<string, string> = {};
  for (const [variable, source] of Object.entries(recipe.sources)) {
    const value = sets.get(source)?.[variable]?.value;
    if (value === undefined) {
      throw new Failure("refused", "secrets_absent", `${recipe.instance}: secret set ${source.slice(0, 12)} has no variable ${variable}`);
    }
    paths[variable] = join(folder, variable);
    await writeSecret(join(folder, variable), value);
  }
  return paths;
}

async function openFolder({ paths }: World, { instance, fingerprint }: SecretFileRecipe): Promise<string> {
  const folder = join(paths.secretFiles(instance), fingerprint);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // The mode of mkdir is only for what it makes itself, and the umask cuts it.
  await chmod(join(paths.secretFiles(instance), ".."), 0o700);
  const { type } = await statfs(folder);
  if (type !== tmpfs) throw new Error(`${folder}: is not on a tmpfs; secret values would be written to a disk`);
  return folder;
}

async function writeSecret(path: string, value: string): Promise<void> {
  if ((await readFile(path, "utf8").catch(() => undefined)) === value) return;
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, value, { mode, flag: "wx" });
  await chmod(temporary, mode);
  await rename(temporary, path);
}
