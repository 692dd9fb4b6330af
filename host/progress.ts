import { plainText } from "../contract/index.ts";

/** What people watch while the program works. Everything goes to standard error: standard output belongs to the result. */
export interface Progress {
  /** A step begins: `==> pull`. */
  step(title: string): void;
  /** A line that belongs to the step. */
  note(line: string): void;
  /** Something a person should look at although the work goes on. */
  warn(line: string): void;
}

export function progressTo(write: (text: string) => void): Progress {
  return {
    step: (title) => write(`==> ${plainText(title)}\n`),
    note: (line) => write(`    ${plainText(line)}\n`),
    warn: (line) => write(` !  ${plainText(line)}\n`),
  };
}
