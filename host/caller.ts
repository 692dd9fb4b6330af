import type { Request } from "../contract/index.ts";
import { Failure } from "./ending.ts";

/** What a caller may ask for. Taken from sudo's word about the login, which a caller cannot forge, never from the request. */
export type Caller =
  | { readonly kind: "root"; readonly user: string }
  | { readonly kind: "operator"; readonly user: string }
  | { readonly kind: "deployer"; readonly user: string; readonly environment: string };

export interface Login {
  /** Effective user id of this process. */
  readonly userId: number;
  /** `SUDO_USER`; absent where root called directly. */
  readonly sudoUser: string | undefined;
  /** Groups of that user. */
  readonly groups: readonly string[];
  /** The server's own sudo rules make that user root, as they do the login that a provider gives with a server. Never one of our accounts. */
  readonly isRootBySudo: boolean;
}

export const operatorGroup = "terrace-operators";
const deployerPattern = /^deploy-(?<environment>[a-z][a-z0-9-]*)$/;

/** Environment of a deploy user; `undefined` for everybody else. */
export function deployEnvironment(user: string): string | undefined {
  return deployerPattern.exec(user)?.groups?.["environment"];
}

/** Throws `Failure (wrong_environment)` for anyone who has no business here. */
export function judgeCaller(login: Login): Caller {
  if (login.userId !== 0) throw new Failure("refused", "not_privileged", 'terrace runs as root only: put "sudo" before it');
  if (login.sudoUser === undefined || login.sudoUser === "root") return { kind: "root", user: "root" };
  const environment = deployEnvironment(login.sudoUser);
  if (environment !== undefined) return { kind: "deployer", user: login.sudoUser, environment };
  if (login.groups.includes(operatorGroup)) return { kind: "operator", user: login.sudoUser };
  if (login.isRootBySudo) return { kind: "root", user: login.sudoUser };
  throw new Failure(
    "refused",
    "wrong_environment",
    `${login.sudoUser} is neither a deploy user (deploy-<environment>), nor a member of ${operatorGroup}, nor one whom sudo lets be root`,
  );
}

/** What a request is about. */
export interface Subject {
  readonly instance: string | undefined;
  /** Environment the request itself names; `status`, `history` and `rollback` name only the instance. */
  readonly environment: string | undefined;
  /** Stack that the request says it is from; it goes into the owner record, which decides from then on. */
  readonly stack?: string;
}

export function subjectOf(request: Request): Subject {
  switch (request.request) {
    case "rollout":
      return {
        instance: request.manifest.instance,
        environment: request.manifest.environment,
        stack: request.manifest.owner.stack,
      };
    case "data":
    case "secrets":
      return { instance: request.instance, environment: request.environment, stack: request.owner.stack };
    case "host-secrets":
    case "platform":
      return { instance: undefined, environment: request.environment };
    case "status":
    case "history":
    case "rollback":
      return { instance: request.instance, environment: undefined };
  }
}

/**
 * Refuses a request that is not the caller's to make. `ownerStack` is the environment in the instance's owner record: names alone do not
 * tell `shop-pre` + `prod` from `shop` + `pre-prod`. Nor may a deploy user claim an instance for another environment's stack: that one would
 * show it as its own, and share its host names with it.
 */
export function authorize(caller: Caller, request: Request, ownerStack: string | undefined): void {
  const { instance, environment, stack } = subjectOf(request);
  if (instance !== undefined && environment !== undefined && !instance.endsWith(`-${environment}`)) {
    throw new Failure("invalid", "malformed_request", `instance: must end in "-${environment}", got "${instance}"`);
  }
  if (caller.kind === "root") return;
  if (request.request === "platform") {
    throw new Failure("refused", "wrong_environment", `${caller.user} may not change the platform; use the platform identity`);
  }
  if (caller.kind === "operator") return;
  const own = caller.environment;
  if (environment !== undefined && environment !== own) throw foreign(caller.user, own, environment);
  if (instance !== undefined && !instance.endsWith(`-${own}`)) throw foreign(caller.user, own, instance);
  if (ownerStack !== undefined && ownerStack !== own) throw foreign(caller.user, own, ownerStack);
  if (stack !== undefined && stack !== own) throw foreign(caller.user, own, stack);
}

function foreign(user: string, own: string, asked: string): Failure {
  return new Failure("refused", "wrong_environment", `${user} may release to "${own}" only, not to "${asked}"`);
}
