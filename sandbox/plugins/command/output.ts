import { StringDecoder } from "node:string_decoder";

export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";

/** What a command printed, as the state keeps it. */
export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Collects what a command prints, and says each finished line at once as the resource's status, as far as `logging` wants it. Upstream sends
 * both streams through one splitter, so that unfinished lines of both run together; so does this.
 */
export class OutputCollector {
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  readonly #both: Buffer[] = [];
  readonly #decoder = new StringDecoder("utf8");
  readonly #say: (line: string) => void;
  readonly #logged: ReadonlySet<"stdout" | "stderr">;
  #unfinished = "";

  constructor(logging: Logging | undefined, say: (line: string) => void) {
    this.#say = say;
    this.#logged = new Set(logging === "none" ? [] : logging === "stdout" || logging === "stderr" ? [logging] : ["stdout", "stderr"]);
  }

  add(stream: "stdout" | "stderr", chunk: Buffer): void {
    (stream === "stdout" ? this.#stdout : this.#stderr).push(chunk);
    this.#both.push(chunk);
    if (!this.#logged.has(stream)) return;
    const lines = (this.#unfinished + this.#decoder.write(chunk)).split("\n");
    this.#unfinished = lines.pop() ?? "";
    for (const line of lines) this.#say(line.replace(/\r$/, ""));
  }

  /** Says a last line that has no end. */
  finish(): void {
    const rest = this.#unfinished + this.#decoder.end();
    this.#unfinished = "";
    if (rest !== "") this.#say(rest);
  }

  /** Both streams, each without its last newline if it has one. */
  output(): CommandOutput {
    const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString().replace(/\n$/, "");
    return { stdout: text(this.#stdout), stderr: text(this.#stderr) };
  }

  /** Both streams as they came, for an error. */
  combined(): string {
    return Buffer.concat(this.#both).toString();
  }
}
