/** `npm run images -- build|push|list`: the demo's images by hand. */
import Table from "cli-table3";
import { Command, Option } from "commander";
import { join } from "node:path";
import { imageDigestsFileName } from "../../src/settings/imageDigests.ts";
import { runningSandbox } from "../index.ts";
import { buildImages } from "./build.ts";
import { catalog } from "./catalog.ts";
import { checkoutDirectory } from "../shared/paths.ts";
import { askedTags } from "./digests.ts";
import { publishImages, pushToSandbox, versionedImages } from "./publish.ts";

const program = new Command("images").description("Demo images, built from Debian packages, npm and Go without Docker.");
const names = "truealpha/api (all its usual tags) or truealpha/api:v7; everything when none is named";

program
  .command("build")
  .description("builds images, or finds them in the cache, and prints their digests")
  .argument("[image...]", names)
  .action(async (images: string[]) => {
    const table = plainTable(["image", "digest", "MB"]);
    for (const { repository, tag, digest, size } of await buildImages(images)) {
      table.push([`${repository}:${tag}`, digest, (size / 1e6).toFixed(1)]);
    }
    process.stdout.write(`${table.toString()}\n`);
  });

program
  .command("push")
  .description("builds images and pushes them to the registry of this checkout's running sandbox; prints their references")
  .argument("[image...]", names)
  .option("--slot <number>", "a sandbox other than this checkout's", (text) => Number(text))
  .addOption(
    new Option("--digests [file]", "also write the pushed builds there, as a CI does, for `images: fromBuild` and for promote").preset(
      join(checkoutDirectory, imageDigestsFileName),
    ),
  )
  .addHelpText("after", "\nA new build, released: npm run images -- push truealpha/api:v2 --digests && pulumi up --stack staging")
  .action(async (images: string[], options: { slot?: number; digests?: string }) => {
    if (options.digests?.endsWith(".json") === false)
      throw new Error(`--digests: must be a file whose name ends in .json, got "${options.digests}"; name images before it`);
    const asked = options.digests === undefined ? undefined : askedTags(images, versionedImages);
    const sandbox = await runningSandbox(options);
    if (asked !== undefined && options.digests !== undefined) {
      await publishImages(sandbox, options.digests, { tags: asked });
      process.stdout.write(`==> wrote ${options.digests}; next: pulumi preview --stack staging --diff, pulumi up --stack staging\n`);
      return;
    }
    for (const { reference } of await pushToSandbox(sandbox, await buildImages(images))) process.stdout.write(`${reference}\n`);
  });

program
  .command("list")
  .description("shows what can be built, and what each image wants from a compose file")
  .action(() => {
    const table = plainTable(["image", "tags", "user", "ports", "volumes", "health check"]);
    for (const { repository, tags, variants, config } of catalog) {
      table.push([
        repository,
        [...tags, ...(variants ? ["vN", "vN-<way it is broken>"] : [])].join("\n"),
        config.user ?? "root",
        (config.ports ?? []).join("\n"),
        (config.volumes ?? []).join("\n"),
        config.health.command.join(" "),
      ]);
    }
    process.stdout.write(`${table.toString()}\n`);
  });

function plainTable(head: string[]): InstanceType<typeof Table> {
  return new Table({ head, style: { head: [], border: [] } });
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`images: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
