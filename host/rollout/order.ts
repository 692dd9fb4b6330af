import type { Manifest } from "../../contract/index.ts";
import type { ReleaseRecord } from "../state/releases.ts";

/** What is to run, and who wants it. A rollback is a rollout of a release that is already here. */
export type Order = {
  readonly manifest: Manifest;
  readonly releaseId: string;
  readonly epoch: number;
} & (
  | { readonly request: "rollout" }
  | {
      readonly request: "rollback";
      readonly record: ReleaseRecord;
      readonly reason: string;
      readonly requestedBy: string;
    }
);

export function reasonOf(order: Order): string | null {
  return order.request === "rollback" ? `${order.reason} (${order.requestedBy})` : null;
}
