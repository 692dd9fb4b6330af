import { type ComposeService, ComposeService as ComposeServiceSchema } from "../../contract/index.ts";
import type { FaultSink } from "../shared/fault.ts";
import { parsePeoplesFile } from "../shared/schemaFaults.ts";
import type { PeopleService } from "./composeFile.ts";
import type { PlacedMount } from "./planMounts.ts";

/**
 * Holds a planned service against the contract. What does not fit is told at the place in the person's own file that it came from, where
 * the plan has moved it: limits under `deploy`, mounts in one list with those of `tmpfs`. The service is `undefined` where something is told.
 */
export function withinContract(
  document: object,
  people: PeopleService,
  mounts: readonly PlacedMount[],
  faults: FaultSink,
): ComposeService | undefined {
  const parsed = parsePeoplesFile(ComposeServiceSchema, document);
  if (parsed.kind === "valid") return parsed.value;
  for (const { path, message } of parsed.faults) {
    // Both have words of their own, where they are planned.
    if (path !== "image" && path !== "healthcheck.test") faults.below(placeOf(path, people, mounts)).add(message);
  }
  return undefined;
}

function placeOf(path: string, { deploy }: PeopleService, mounts: readonly PlacedMount[]): string {
  const mount = /^volumes\[(\d+)\]/.exec(path);
  if (mount !== null) return `${mounts[Number(mount[1])]?.place ?? mount[0]}${path.slice(mount[0].length)}`;
  if (path === "scale") return "deploy.replicas";
  const limits = deploy?.resources?.limits;
  if (path === "mem_limit" && limits?.memory !== undefined) return "deploy.resources.limits.memory";
  return path === "pids_limit" && limits?.pids !== undefined ? "deploy.resources.limits.pids" : path;
}
