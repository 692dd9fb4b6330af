export interface Kind {
  readonly name: string;
  /** What it shows, for the person who watches. */
  readonly what: string;
  /** Mocha's file patterns, or a program that counts for itself. */
  readonly files: readonly string[];
  readonly program?: string;
  /** For one test or hook. On a fresh machine a hook may have to wait for Traefik to be compiled, beside everything else. */
  readonly timeoutSeconds: number;
  /** Needs no sandbox: of the compiled programs at most the engine. */
  readonly light?: true;
  /** Runs beside those without it, which it shares nothing with; what it prints is shown when it has ended. */
  readonly beside?: true;
}

/** Cheapest first, so that a broken plan is told before a server is booted. Most of the time is waiting, so there are two lanes of them. */
export const kinds: readonly Kind[] = [
  {
    name: "check",
    what: "format, types, lint, generated files",
    files: [],
    program: "toolchain/check.ts",
    timeoutSeconds: 600,
    light: true,
    beside: true,
  },
  {
    name: "unit",
    what: "pure halves, contracts and messages",
    files: ["test/{contract,src,components,host,cli,toolchain,policy,bench}/**/*.test.ts", "test/integration/support/*.test.ts"],
    timeoutSeconds: 60,
    light: true,
  },
  {
    name: "sandbox",
    what: "emulators and plugins at their protocols",
    files: ["test/sandbox/**/*.test.ts"],
    timeoutSeconds: 300,
  },
  {
    name: "servers",
    what: "sandbox, images and host program on real servers",
    files: ["images", "imagesData", "sandbox", "platform", "stateful", "rollout", "rollback"].map(
      (name) => `test/integration/${name}.test.ts`,
    ),
    timeoutSeconds: 2400,
    beside: true,
  },
  {
    name: "faults",
    what: "rollouts that fail, are interrupted, or are not seen from outside",
    files: ["rolloutFailures", "rolloutInterrupted", "rolloutPublic"].map((name) => `test/integration/${name}.test.ts`),
    timeoutSeconds: 2400,
    beside: true,
  },
  {
    name: "program",
    what: "the real engine against the whole outside world, and what an operator sees",
    // In this order: the first finds bare servers, the last takes everything down.
    files: ["staging", "rollouts", "rollbacks", "failures", "secrecy", "refusals", "background", "platform", "stacks", "last"].map(
      (name) => `test/integration/program/${name}.test.ts`,
    ),
    timeoutSeconds: 2400,
  },
];
