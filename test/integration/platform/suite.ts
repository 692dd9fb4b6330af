import assert from "node:assert/strict";
import type { PlatformRequest, Result } from "../../../contract/index.ts";
import type { Call } from "../rollout/host.ts";
import type { PlatformWorld } from "./world.ts";

/** What the sections of the platform's tests share: one server, which each finds as the section before left it. */
export interface PlatformSuite {
  readonly world: PlatformWorld;
  /** Runs a shell command on the server, as root. */
  readonly on: (command: string, stdin?: string) => Promise<string>;
  /** Sends the platform request, changed, however it ends. */
  readonly call: (change?: Partial<PlatformRequest>) => Promise<Call>;
  /** The same, where it must succeed. */
  readonly apply: (change?: Partial<PlatformRequest>) => Promise<Result>;
}

/** `world` is there once the suite's `before` has run. */
export function platformSuite(world: () => PlatformWorld): PlatformSuite {
  const call = (change: Partial<PlatformRequest> = {}): Promise<Call> => world().host.call("platform", world().platformRequest(change));
  return {
    get world() {
      return world();
    },
    on: (command, stdin) => world().host.shell(command, stdin),
    call,
    apply: async (change) => {
      const { exitCode, stdout, stderr } = await call(change);
      assert.equal(exitCode, 0, stderr);
      return JSON.parse(stdout) as Result;
    },
  };
}

export const debian12 = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\\nID=debian\\nVERSION_ID="12"\\n';

export function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

/** "sudo rules repaired": the items that are not as they were, in their order. */
export function touched({ items }: Result): string[] {
  return (items ?? []).filter(({ result }) => result !== "unchanged").map(({ item, result }) => `${item} ${result}`);
}
