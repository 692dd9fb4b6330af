import { execa } from "execa";
import { closeSync, existsSync, watch, writeSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { removeBridge } from "./bridge.ts";
import { codeVersion } from "./codeVersion.ts";
import { startControl, type ControlRequest } from "./control.ts";
import { killControlGroup, makeControlGroup } from "./controlGroup.ts";
import { guardSlot } from "./guard.ts";
import { createSandbox } from "./sandbox.ts";
import { checkoutDirectory } from "./shared/paths.ts";
import { onStep } from "./shared/step.ts";
import { slotOf } from "./slot.ts";

/**
 * The process that holds a slot. Started by `startSupervisor` in a mount namespace of its own, so that the servers' disks are mounted
 * for it and its children only and are gone when they are. Its standard error is the slot's supervisor.log.
 *
 * Arguments: the slot's number. File descriptor 3 gets one line when requests are taken.
 */
const slot = slotOf(Number(process.argv[2]));
const guard = await guardSlot(slot);
if (guard === undefined) {
  process.stderr.write(`slot ${slot.number}: is held by another supervisor\n`);
  process.exit(40);
}
void guard.ended.then(() => fail("the guard of the slot was killed"));

// Only if both the earlier supervisor and its guard were killed is anything left here.
await killControlGroup(slot.controlGroup);
await removeBridge(slot);
for (const file of await makeControlGroup(join(slot.controlGroup, "supervisor"))) await writeFile(file, String(process.pid));
// systemd-nspawn keeps files here that it refuses to remove from a disk; machines without systemd have no tmpfs on /run.
await mkdir("/run/systemd/nspawn", { recursive: true });
await execa("mount", ["-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/run/systemd/nspawn"]);

const sandbox = createSandbox(slot, await codeVersion());
const control = await startControl(slot, handle);
onStep((line) => {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
  control.progress(line);
});

let ending: Promise<void> | undefined;
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => void end(false).then(() => process.exit(0)));
// A clone that a test made and removed must not leave servers behind.
watch(checkoutDirectory, () => {
  if (!existsSync(checkoutDirectory)) void end(true).then(() => process.exit(0));
});
writeSync(3, "listening\n");
closeSync(3);

function handle(request: ControlRequest): Promise<unknown> {
  if (ending !== undefined && request.verb !== "down") return Promise.reject(new Error(`slot ${slot.number}: is going down`));
  switch (request.verb) {
    case "up":
      return sandbox.up(request.servers);
    case "status":
      return Promise.resolve(sandbox.status());
    case "break":
      return sandbox.control(request.service, request.control, request.argument);
    case "rebuild":
      return sandbox.rebuild(request.server);
    case "down":
      return end(request.now).then(() => {
        // After the answer has been written.
        setImmediate(() => void control.close().then(() => process.exit(0)));
      });
  }
}

/** Everything in order; what does not go is killed by the guard once this process has ended. */
function end(now: boolean): Promise<void> {
  ending ??= sandbox.down(now).catch((error: unknown) => {
    process.stderr.write(`down: ${String(error)}\n`);
  });
  return ending;
}

function fail(reason: string): never {
  process.stderr.write(`supervisor of slot ${slot.number}: ${reason}\n`);
  // Without a guard nobody else would do this; it ends this process too.
  void killControlGroup(slot.controlGroup);
  throw new Error(reason);
}
