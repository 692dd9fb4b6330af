/** The engine interrupts its plugins when it is done, and its end of their standard input closes however it ends. */
export function endWithTheEngine(): void {
  const end = (): void => process.exit(0);
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  process.stdin.once("end", end);
  process.stdin.once("error", end);
  process.stdin.resume();
}
