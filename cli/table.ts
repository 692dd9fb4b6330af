import Table from "cli-table3";

/** A table for people: no colours of its own, so that it reads the same in a log. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({ head: [...head], style: { head: [], border: [] } });
  for (const row of rows) drawn.push([...row]);
  return drawn.toString();
}
