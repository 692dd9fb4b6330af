import { writeFileSync } from "node:fs";
import Mocha from "mocha";

/** Mocha's "spec", and the counts in a file, so that `npm test` can add up several runs. */
class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const file = process.env["TERRACE_TEST_COUNTS"];
    runner.once("end", () => {
      if (file === undefined) return;
      const { passes, failures, pending } = this.stats;
      writeFileSync(file, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
    });
  }
}

// Mocha loads a reporter by its default export.
// eslint-disable-next-line no-restricted-syntax -- demanded by mocha
export default CountingReporter;
