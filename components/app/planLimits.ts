import type { ComposeService } from "../../contract/index.ts";
import { type FaultSink, seen } from "../shared/fault.ts";
import type { PeopleService } from "./composeFile.ts";

type Limits = NonNullable<NonNullable<NonNullable<PeopleService["deploy"]>["resources"]>["limits"]>;

/** What a service may use at most. Compose has two places for each limit; both may be written where they agree. */
export function planLimits(
  people: PeopleService,
  faults: FaultSink,
): { readonly [Key in "mem_limit" | "cpus" | "pids_limit"]: ComposeService[Key] } {
  const limits: Limits = people.deploy?.resources?.limits ?? {};
  const one = <T extends PeopleService["cpus"]>(name: "mem_limit" | "cpus" | "pids_limit", key: keyof Limits, short: T, long: T): T => {
    if (short !== undefined && long !== undefined && String(short) !== String(long) && Number(short) !== Number(long))
      faults.below(name).add(`is ${seen(short)}, and deploy.resources.limits.${key} is ${seen(long)}; write one of the two`);
    return long ?? short;
  };
  return {
    mem_limit: one("mem_limit", "memory", people.mem_limit, limits.memory),
    cpus: processors(
      one("cpus", "cpus", people.cpus, limits.cpus),
      faults.below(limits.cpus === undefined ? "cpus" : "deploy.resources.limits.cpus"),
    ),
    pids_limit: one("pids_limit", "pids", people.pids_limit, limits.pids),
  };
}

function processors(written: PeopleService["cpus"], faults: FaultSink): number | undefined {
  if (written === undefined) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(String(written))) return Number(written);
  faults.add(`must be a number of processors, such as 0.5, got ${seen(written)}`);
  return undefined;
}
