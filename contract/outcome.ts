import { z } from "zod";
import { oneLine } from "./text.ts";

/**
 * How a request to a host ends, and the exit code that says so. A caller must be able to tell "took it back" from "never served" from
 * "could not take it back" without reading words.
 */
export const exitCodes = {
  /** The release serves and settled. */
  deployed: 0,
  /** It already ran; nothing was touched. */
  unchanged: 0,
  /** Not allowed now (gate, hold, quarantine, owner, head-room). Nothing was touched. */
  refused: 10,
  /** The new release failed before it served. The old one served throughout. */
  aborted: 20,
  /** The new release served and was taken back. */
  rolled_back: 21,
  /** It served, failed, and could not be taken back. A person is needed now. */
  rollback_failed: 30,
  /** Another request holds the lease. */
  busy: 40,
  /** The request itself is wrong. */
  invalid: 50,
  /** A fault of the tool. */
  internal: 70,
} as const;

export type Outcome = keyof typeof exitCodes;
export const outcomes = Object.keys(exitCodes) as readonly Outcome[];
export const Outcome = z.enum(outcomes as [Outcome, ...Outcome[]]);

interface Reason {
  /** Whose fault: only a release's own faults may quarantine it; a full disk or an absent registry says nothing about the release. */
  readonly fault: "release" | "environment" | "request" | "none" | "tool";
  /** What a person does next. */
  readonly remedy: string;
}

/**
 * Every reason code. A code never changes its meaning; a new meaning gets a new code, since scripts and alerts match on it.
 */
export const reasons = {
  // nothing went wrong
  ok: { fault: "none", remedy: "nothing to do" },
  already_running: { fault: "none", remedy: "nothing to do; raise `epoch` to send the same release again" },
  rolled_back_as_asked: { fault: "none", remedy: "nothing to do" },

  // the request
  malformed_request: { fault: "request", remedy: "correct what is named" },
  contract_unsupported: { fault: "request", remedy: "update the host program (raise `platform.epoch` and run pulumi up) or the client" },
  unsupported_feature: { fault: "request", remedy: "remove the named setting; this host program does not know it" },
  unsupported_system: { fault: "request", remedy: "use a Debian 13 server" },
  not_privileged: { fault: "request", remedy: "log in as root, or let the account use sudo without a password" },
  program_absent: { fault: "request", remedy: "raise `platform.epoch` and run pulumi up: the host program is uploaded again" },
  wrong_environment: { fault: "request", remedy: "use the deploy user of that environment" },
  owner_mismatch: {
    fault: "request",
    remedy:
      "rename the app; or, when the stack that owns the instance is destroyed for good, remove /var/lib/terrace/<instance>/owner.json on the host",
  },
  no_such_instance: { fault: "request", remedy: "run `terrace status` for the instances of this host" },
  no_rollback_target: {
    fault: "request",
    remedy: "history is too short or the release is gone; run `terrace history`, then deploy a good release forward",
  },
  secrets_absent: {
    fault: "request",
    remedy: "raise `epoch` of the app's secrets and run pulumi up: the host does not hold the named set",
  },
  data_absent: { fault: "request", remedy: "run pulumi up for the data layer first: a network or volume the release needs does not exist" },

  // the release itself
  compose_invalid: { fault: "release", remedy: "correct compose.yaml as docker compose says" },
  container_exited: { fault: "release", remedy: "read the container's last lines in the report and fix the image" },
  health_timeout: { fault: "release", remedy: "read the health log in the report; fix the image or raise the health timeout" },
  container_unhealthy: { fault: "release", remedy: "read the health log in the report and fix the image" },
  job_failed: { fault: "release", remedy: "read the job's last lines in the report and fix it" },
  smoke_failed: { fault: "release", remedy: "read the failed check in the report and fix the release" },
  settle_failed: { fault: "release", remedy: "read the evidence in the report and fix the release" },
  undeclared_volume: { fault: "release", remedy: "declare the image's VOLUME in compose.yaml, or make it tmpfs" },
  wrong_architecture: { fault: "release", remedy: "build the image for the server's architecture" },

  // the world around it
  image_not_found: { fault: "environment", remedy: "push the image again, or promote a digest that exists" },
  registry_denied: {
    fault: "environment",
    remedy: "check the registry credentials in the secret store, then raise the epoch of host secrets",
  },
  registry_unreachable: { fault: "environment", remedy: "the registry did not answer; run pulumi up again when it does" },
  image_corrupt: { fault: "environment", remedy: "the registry sent bytes that do not match the digest; push the image again" },
  docker_unreachable: { fault: "environment", remedy: "look at `systemctl status docker` on the host" },
  disk_low: { fault: "environment", remedy: "free space on the host, or enlarge its disk" },
  disk_unwritable: {
    fault: "environment",
    remedy: "look at `dmesg` on the host for what is wrong with the disk, and mount the file system of the named file writable again",
  },
  memory_low: { fault: "environment", remedy: "free memory on the host, or lower the services' limits" },
  ingress_unreachable: {
    fault: "environment",
    remedy:
      "look at `docker logs terrace-ingress` on the host; where that container is stopped or gone, raise `platform.epoch` in the stack " +
      "that owns the platform and run pulumi up: it is started or made anew",
  },
  switch_not_confirmed: {
    fault: "environment",
    remedy: "look at the log of the ingress (`docker logs terrace-ingress`) and at the evidence of the containers in the report",
  },
  route_clash: { fault: "environment", remedy: "another router on this host claims the same name; remove it or change the route" },
  dependency_down: { fault: "environment", remedy: "the data services are not healthy; look at `terrace status`" },
  package_failed: { fault: "environment", remedy: "look at apt's message; run pulumi up again" },
  state_unreadable: { fault: "environment", remedy: "put the named file back as it was, from a backup; what runs goes on meanwhile" },
  audit_unwritable: { fault: "environment", remedy: "make /var/lib/terrace/audit.jsonl writable again" },
  interrupted: { fault: "environment", remedy: "run pulumi up again; the host was put back to a complete release" },

  // standing decisions
  held: { fault: "none", remedy: "deploy other digests than those that were taken back" },
  quarantined: { fault: "none", remedy: "deploy a fixed release" },
  restart_needs_maintenance: { fault: "none", remedy: "set `platform.maintenance: true` for one run" },
  lease_held: { fault: "none", remedy: "wait for the running request, or look at `terrace status`" },

  // us
  rollback_incomplete: {
    fault: "tool",
    remedy:
      "look at `terrace status`, mend what the message names, and run pulumi up with a release that works: it first puts right what was left",
  },
  bug: { fault: "tool", remedy: "please report it with the journal's lines" },
} as const satisfies Record<string, Reason>;

export type ReasonCode = keyof typeof reasons;
export const ReasonCode = z.enum(Object.keys(reasons) as [ReasonCode, ...ReasonCode[]]);

/**
 * The last line of standard error of every request that failed; scripts and people read it, so its form is part of the contract. `serving`:
 * the release that serves now, `null` for none; left out where the request is about no instance, of which nothing can be said.
 */
export function failureLine(ending: {
  readonly outcome: Outcome;
  readonly code: ReasonCode;
  readonly what: string;
  readonly serving?: string | null | undefined;
}): string {
  const now = ending.serving === undefined ? "" : `; now serving ${ending.serving ?? "nothing"}`;
  return `terrace: ${ending.outcome} (${ending.code}): ${oneLine(ending.what)}${now}`;
}
