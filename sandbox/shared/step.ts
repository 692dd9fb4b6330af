/** One line when a step begins, one when it ends with how long it took. Sandbox work is long; a silent minute looks like a hang. */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  process.stderr.write(`==> ${title}\n`);
  try {
    const result = await work();
    process.stderr.write(`    ${title}: ${seconds(started)}\n`);
    return result;
  } catch (error) {
    process.stderr.write(` !  ${title}: failed after ${seconds(started)}\n`);
    throw error;
  }
}

function seconds(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
