import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";

/** What a number depends on besides the code. No host name: results are committed. */
export interface Machine {
  readonly processors: string;
  readonly memoryGibibytes: number;
  readonly kernel: string;
  readonly node: string;
  /** Load average of the last minute when the measurement began: a busy machine makes every number worse. */
  readonly loadBefore: number;
}

export function describeMachine(): Machine {
  return {
    processors: `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? "unknown"}`,
    memoryGibibytes: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.versions.node,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}
