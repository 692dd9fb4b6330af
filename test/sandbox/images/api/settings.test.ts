import assert from "node:assert/strict";
import { readSettings, SettingsError } from "../../../../sandbox/images/api/settings.ts";

const needed = { POSTGRES_USER: "u", POSTGRES_DB: "d", POSTGRES_PASSWORD: "p" };
const noFile = (path: string): string => {
  throw new Error(`ENOENT: no such file or directory, open '${path}'`);
};

describe("settings of the demo API", () => {
  it("have defaults for everything but the database", () => {
    assert.deepEqual(readSettings(needed, noFile), {
      port: 8080,
      postgres: { host: "postgres", port: 5432, user: "u", database: "d", password: "p" },
      redis: { host: "redis", port: 6379, password: "" },
      queue: "celery",
      jobTimeoutSeconds: 10,
      filesDirectory: "/data",
      release: undefined,
      demo: false,
      lingerSeconds: 0.5,
      drainSeconds: 20,
    });
  });

  it("come from files, without the newline at their end and with everything else as it is", () => {
    const files: Record<string, string> = { "/run/secrets/P": ' a"b$c\\\n\n', "/run/secrets/R": "redis" };
    const settings = readSettings(
      { POSTGRES_USER: "u", POSTGRES_DB: "d", POSTGRES_PASSWORD_FILE: "/run/secrets/P", REDIS_PASSWORD_FILE: "/run/secrets/R" },
      (path) => files[path] ?? noFile(path),
    );
    assert.equal(settings.postgres.password, ' a"b$c\\\n');
    assert.equal(settings.redis.password, "redis");
  });

  it("tell all faults at once", () => {
    const environment = {
      POSTGRES_DB: "",
      POSTGRES_PASSWORD: "p",
      POSTGRES_PASSWORD_FILE: "/p",
      REDIS_PASSWORD_FILE: "/r",
      PORT: "eighty",
    };
    assert.throws(
      () => readSettings(environment, noFile),
      (error) => {
        assert.ok(error instanceof SettingsError);
        assert.deepEqual(error.faults, [
          'PORT: must be a number from 0 to 65535, got "eighty"',
          "POSTGRES_USER: missing; set it, or POSTGRES_USER_FILE to a file that holds it",
          "POSTGRES_DB: missing; set it, or POSTGRES_DB_FILE to a file that holds it",
          "POSTGRES_PASSWORD: is set, and POSTGRES_PASSWORD_FILE too; set one of them",
          "REDIS_PASSWORD_FILE: cannot be read: ENOENT: no such file or directory, open '/r'",
        ]);
        return true;
      },
    );
  });
});
