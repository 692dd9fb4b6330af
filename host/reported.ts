import { causeOf, isDiskFault } from "./ending.ts";
import type { Progress } from "./progress.ts";

/**
 * No disk to write a report on must not hide how the attempt ended: then it is a warning, and the answer is `undefined`. Whatever else goes wrong
 * with it is thrown.
 */
export async function reported<Value>(
  { progress }: { readonly progress: Progress },
  write: () => Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await write();
  } catch (error) {
    const { code, what } = causeOf(error);
    if (!isDiskFault(code)) throw error;
    progress.warn(`no report: ${what}`);
    return undefined;
  }
}
