import type { Dependency } from "./compose.ts";
import type { AppRole } from "./manifest.ts";

/** A service that another one depends on. */
export interface Awaited {
  readonly name: string;
  readonly role: AppRole;
  readonly condition: Dependency["condition"];
}

/**
 * Why a service of a release cannot wait for another one, with what to do, or `undefined`. A host starts jobs first, then web services, and
 * after the switch workers and singletons, those side by side: a `depends_on` against that order would wait for ever, or mean nothing.
 */
export function dependencyFault(role: AppRole, { name, role: other, condition }: Awaited): string | undefined {
  if ((role === "web" || role === "job") && (other === "worker" || other === "singleton"))
    return `"${name}" is a ${other}: it starts only after the switch, so this ${role === "web" ? "web service" : role} would wait for ever; leave it out`;
  if (role === "job" && other === "web") return `"${name}" is a web service: those start once the jobs have ended; leave it out`;
  if (other === "singleton" || (role === "singleton" && other === "worker"))
    return `"${name}" is a ${other}: workers and singletons change hands side by side, so none of them waits for a singleton, and no singleton for a worker; leave it out`;
  if (other === "job" && condition !== "service_completed_successfully")
    return `"${name}" is a job: one waits for its end, got "${condition}"; write {${name}: {condition: service_completed_successfully}}`;
  if (other !== "job" && condition === "service_completed_successfully")
    return `"${name}" is no job and does not end, got "${condition}"; write service_healthy`;
  return undefined;
}
