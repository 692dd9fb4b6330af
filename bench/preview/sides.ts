import { execa } from "execa";
import { publishImages } from "../../sandbox/images/publish.ts";
import { downSandbox, upSandbox } from "../../sandbox/index.ts";
import { pulumiEnvironment } from "../../sandbox/pulumiEnvironment.ts";
import { type Checkout, throwAwayCheckout } from "../../test/integration/support/checkout.ts";
import { emptyProgram, type EmptyProgram } from "./emptyProgram.ts";
import { type Cost, timedRun } from "./timedRun.ts";

/** What is measured: each run changes nothing and fails if it would. */
export interface Sides {
  readonly engine: string;
  empty(): Promise<Cost>;
  preview(): Promise<Cost>;
  up(): Promise<Cost>;
}

const stack = "staging";
const nothing = ["--stack", stack, "--non-interactive", "--expect-no-changes"];
const purpose = "bench";

/** Brings staging up in a sandbox of its own, and the empty program beside it in the same backend; takes both away afterwards. */
export async function withSides<T>(say: (line: string) => void, measure: (sides: Sides) => Promise<T>): Promise<T> {
  const made: (Checkout | EmptyProgram)[] = [];
  try {
    const sandbox = await upSandbox({ purpose, servers: [stack], onLine: say });
    const [checkout, empty] = [await throwAwayCheckout(), await emptyProgram()];
    made.push(checkout, empty);
    const [environment] = await Promise.all([
      pulumiEnvironment(sandbox, stack),
      publishImages(sandbox, checkout.path("image-digests.json")),
    ]);
    const pulumi = (directory: string, ...args: readonly string[]): Promise<Cost> =>
      timedRun(["pulumi", ...args], { directory, environment });
    say("pulumi up of staging, and of the empty program");
    for (const { directory } of made) {
      await pulumi(directory, "stack", "select", "--create", stack);
      await pulumi(directory, "up", "--stack", stack, "--non-interactive", "--yes", "--skip-preview");
    }
    const { stdout: engine } = await execa("pulumi", ["version"], { env: environment });
    return await measure({
      engine,
      empty: () => pulumi(empty.directory, "preview", ...nothing),
      preview: () => pulumi(checkout.directory, "preview", ...nothing),
      up: () => pulumi(checkout.directory, "up", "--yes", "--skip-preview", ...nothing),
    });
  } finally {
    await downSandbox({ purpose, now: true, reset: true, onLine: say });
    for (const each of made) await each.remove();
  }
}
