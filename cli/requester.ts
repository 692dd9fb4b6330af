import { execFileSync } from "node:child_process";
import { userInfo } from "node:os";

/** Who asks for a promotion, where nobody said so: the CI system's actor, else the author that git would write, else the login. */
export function requestedBy(environment: NodeJS.ProcessEnv): string {
  return given(environment["GITHUB_ACTOR"]) ?? gitAuthor() ?? userInfo().username;
}

/** Link of the CI run, or `local`. */
export function runOf(environment: NodeJS.ProcessEnv): string {
  const server = given(environment["GITHUB_SERVER_URL"]);
  const repository = given(environment["GITHUB_REPOSITORY"]);
  const id = given(environment["GITHUB_RUN_ID"]);
  return server === undefined || repository === undefined || id === undefined ? "local" : `${server}/${repository}/actions/runs/${id}`;
}

/** CI systems set a variable that they have no value for to nothing. */
function given(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === "" ? undefined : trimmed;
}

function gitAuthor(): string | undefined {
  try {
    return given(execFileSync("git", ["config", "user.email"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  } catch {
    // No git, or nobody configured: the login will do.
    return undefined;
  }
}
