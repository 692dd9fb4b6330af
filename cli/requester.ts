import { execFileSync } from "node:child_process";
import { userInfo } from "node:os";

/** Who asks for a promotion, where nobody said so: the CI system's actor, else the author that git would write, else the login. */
export function requestedBy(environment: NodeJS.ProcessEnv): string {
  return environment["GITHUB_ACTOR"] ?? gitAuthor() ?? userInfo().username;
}

/** Link of the CI run, or `local`. */
export function runOf(environment: NodeJS.ProcessEnv): string {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = environment;
  return server === undefined || repository === undefined || id === undefined ? "local" : `${server}/${repository}/actions/runs/${id}`;
}

function gitAuthor(): string | undefined {
  try {
    const email = execFileSync("git", ["config", "user.email"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    return email === "" ? undefined : email;
  } catch {
    // No git, or nobody configured: the login will do.
    return undefined;
  }
}
