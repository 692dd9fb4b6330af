/** Takes the lines that `step` makes; gives each as it appears. */
export type StepListener = (line: string) => void;

let listener: StepListener = (line) => process.stderr.write(`${line}\n`);

/** Sends the lines of all further steps of this process elsewhere than to standard error. */
export function onStep(next: StepListener): void {
  listener = next;
}

/** One line when a step begins, one when it ends with how long it took. Sandbox work is long; a silent minute looks like a hang. */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  listener(`==> ${title}`);
  try {
    const result = await work();
    listener(`    ${title}: ${seconds(started)}`);
    return result;
  } catch (error) {
    listener(` !  ${title}: failed after ${seconds(started)}`);
    throw error;
  }
}

function seconds(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
