import { readFileSync } from "node:fs";

/** Where a server is and how to log in to it. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** Empty: none. */
  readonly password: string;
}

export interface Settings {
  readonly port: number;
  readonly postgres: Endpoint & { readonly user: string; readonly database: string };
  readonly redis: Endpoint;
  /** Celery's queue, a list in Redis. */
  readonly queue: string;
  /** How long a query waits for its job's result. */
  readonly jobTimeoutSeconds: number;
  /** Folder for uploaded files; a volume. */
  readonly filesDirectory: string;
  /** Set by the platform in every container; the probe route echoes it. */
  readonly release: string | undefined;
  /** Switches `/secret-digest` on. */
  readonly demo: boolean;
  /** After SIGTERM: how long new requests are still taken, so that a proxy that has not heard of it yet gets an answer. */
  readonly lingerSeconds: number;
  /** After SIGTERM: how long requests under way may take. Below the container's stop grace period. */
  readonly drainSeconds: number;
}

/** The environment is not what the program needs; `faults` has one sentence per variable. */
export class SettingsError extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.name = "SettingsError";
    this.faults = faults;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads settings from environment variables; any may come from a file instead, named by `<NAME>_FILE`. Throws SettingsError with all faults. */
export function readSettings(environment: Environment, readFile: (path: string) => string = readText): Settings {
  const faults: string[] = [];
  const text = (name: string, fallback?: string): string => {
    const value = readVariable(environment, name, faults, readFile) ?? fallback;
    if (value === undefined) faults.push(`${name}: missing; set it, or ${name}_FILE to a file that holds it`);
    return value ?? "";
  };
  const number = (name: string, fallback: number, minimum: number, maximum: number): number => {
    const value = text(name, String(fallback));
    const parsed = Number(value);
    if (value.trim() !== "" && parsed >= minimum && parsed <= maximum) return parsed;
    faults.push(`${name}: must be a number from ${minimum} to ${maximum}, got "${value}"`);
    return fallback;
  };
  const settings: Settings = {
    port: number("PORT", 8080, 0, 65535),
    postgres: {
      host: text("POSTGRES_HOST", "postgres"),
      port: number("POSTGRES_PORT", 5432, 1, 65535),
      user: text("POSTGRES_USER"),
      database: text("POSTGRES_DB"),
      password: text("POSTGRES_PASSWORD"),
    },
    redis: { host: text("REDIS_HOST", "redis"), port: number("REDIS_PORT", 6379, 1, 65535), password: text("REDIS_PASSWORD", "") },
    queue: text("CELERY_QUEUE", "celery"),
    jobTimeoutSeconds: number("JOB_TIMEOUT_SECONDS", 10, 0.1, 300),
    filesDirectory: text("FILES_DIRECTORY", "/data"),
    release: readVariable(environment, "TERRACE_RELEASE", faults, readFile),
    demo: environment["TRUEALPHA_DEMO"] === "1",
    lingerSeconds: number("LINGER_SECONDS", 0.5, 0, 60),
    drainSeconds: number("DRAIN_SECONDS", 20, 0, 600),
  };
  if (faults.length > 0) throw new SettingsError(faults);
  return settings;
}

/**
 * A variable's value, or the content of the file that `<NAME>_FILE` names without the newline that editors put at its end. Undefined when
 * neither is set or the value is empty. What is wrong is added to `faults`.
 */
export function readVariable(
  environment: Environment,
  name: string,
  faults: string[],
  readFile: (path: string) => string = readText,
): string | undefined {
  const file = environment[`${name}_FILE`];
  const value = environment[name];
  if (file === undefined || file === "") return value === "" ? undefined : value;
  if (value !== undefined && value !== "") {
    faults.push(`${name}: is set, and ${name}_FILE too; set one of them`);
    return value;
  }
  try {
    return readFile(file).replace(/\n$/, "");
  } catch (error) {
    faults.push(`${name}_FILE: cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return "";
  }
}

function readText(path: string): string {
  return readFileSync(path, "utf8");
}
