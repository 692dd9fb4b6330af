import Mocha from "mocha";
import { writeTestRecord } from "../toolchain/testRecord.ts";

/** Mocha's "spec", and a record of what passed and what failed for `npm test`. */
class RecordingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const failures: { title: string; message: string }[] = [];
    runner.on("fail", (test, error: Error) => failures.push({ title: test.fullTitle(), message: error.stack ?? String(error) }));
    runner.once("end", () => writeTestRecord({ passed: this.stats.passes, failed: this.stats.failures, failures }));
  }
}

// Mocha loads a reporter by its default export.
// eslint-disable-next-line no-restricted-syntax -- demanded by mocha
export default RecordingReporter;
