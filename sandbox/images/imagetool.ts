import { execa } from "execa";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { cached, cacheKey } from "../shared/cache.ts";
import { goBuildEnvironment, goBuildFlags } from "../shared/goBuild.ts";
import { step } from "../shared/step.ts";

const sourceDirectory = join(import.meta.dirname, "imagetool");

/** What `imagetool layer` wants; the Go side refuses fields it does not know. */
export interface LayerRequest {
  /** Tree whose entries become the layer. */
  readonly source: string;
  /** File to write, gzip-compressed tar. */
  readonly output: string;
  /** Trees of the layers it stands on. */
  readonly below: readonly string[];
  /** Unix seconds: entries changed at or after this moment get the time `epoch`, in the layer and on disk. */
  readonly builtAfter: number;
  readonly epoch: number;
}

export interface LayerAnswer {
  /** `sha256:…` of the compressed file. */
  readonly digest: string;
  /** `sha256:…` of the archive inside. */
  readonly diffId: string;
  /** Bytes, compressed. */
  readonly size: number;
}

export interface PushRequest {
  readonly registry: string;
  readonly address: string;
  readonly username: string;
  readonly password: string;
  readonly caFile: string;
  readonly images: readonly { readonly layout: string; readonly repository: string; readonly tag: string; readonly digest: string }[];
}

export type PushAnswer = readonly { readonly reference: string; readonly uploaded: boolean }[];

interface Verbs {
  layer: { request: LayerRequest; answer: LayerAnswer };
  push: { request: PushRequest; answer: PushAnswer };
}

/** Runs the Go program, building it on the first call. Throws with what the program said when it fails. */
export async function imagetool<Verb extends keyof Verbs>(verb: Verb, request: Verbs[Verb]["request"]): Promise<Verbs[Verb]["answer"]> {
  const result = await execa(await binary(), [verb], { input: JSON.stringify(request), reject: false });
  if (result.failed)
    throw new Error(result.stderr || `imagetool ${verb}: ended with ${result.exitCode ?? result.signal ?? "no exit code"}`);
  return JSON.parse(result.stdout) as Verbs[Verb]["answer"];
}

/** Hash of the program's sources: part of every layer's key, since another archive writer makes other bytes. */
export async function imagetoolKey(): Promise<string> {
  const names = (await readdir(sourceDirectory)).filter((name) => /\.go$|^go\.(mod|sum)$/.test(name)).sort();
  const contents = await Promise.all(names.map((name) => readFile(join(sourceDirectory, name))));
  return cacheKey(...names.flatMap((name, index) => [name, contents[index] ?? ""]));
}

let building: Promise<string> | undefined;

function binary(): Promise<string> {
  building ??= build();
  return building;
}

async function build(): Promise<string> {
  const { stdout: goVersion } = await execa("go", ["env", "GOVERSION", "GOOS", "GOARCH"], { cwd: sourceDirectory }).catch(
    (error: unknown) => {
      throw new Error("go: cannot be run; install Go 1.25 or later", { cause: error });
    },
  );
  const flags = [...goBuildFlags, "-ldflags", "-s -w"];
  const directory = await cached("imagetool", cacheKey(await imagetoolKey(), goVersion, ...flags), (temporary) =>
    step("imagetool from its Go module", async () => {
      await execa("go", ["build", ...flags, "-o", join(temporary, "imagetool"), "."], {
        cwd: sourceDirectory,
        env: goBuildEnvironment,
      });
    }),
  );
  return join(directory, "imagetool");
}
