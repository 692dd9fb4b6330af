import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { ask, NotRunning, startControl, type ControlRequest, type ControlServer } from "../../../sandbox/control.ts";
import { slotOf, type Slot } from "../../../sandbox/slot.ts";

describe("control socket", () => {
  let slot: Slot;
  let server: ControlServer;
  let handle: (request: ControlRequest) => Promise<unknown>;

  before(async () => {
    const directory = await mkdtemp(join(tmpdir(), "terrace-control-"));
    slot = { ...slotOf(1), directory, controlSocket: join(directory, "control.sock"), logs: directory };
    server = await startControl(slot, (request) => handle(request));
  });
  after(async () => {
    await server.close();
    await rm(slot.directory, { recursive: true });
  });

  it("gives progress to who waits, then the result", async () => {
    handle = () => {
      server.progress("==> one");
      server.progress("    one: 0.1 s");
      return Promise.resolve({ done: true });
    };
    const lines: string[] = [];
    assert.deepEqual(await ask(slot, { verb: "up", servers: ["staging"] }, (line) => lines.push(line)), { done: true });
    assert.deepEqual(lines, ["==> one", "    one: 0.1 s"]);
  });

  it("gives the message of a failure with its causes", async () => {
    handle = () => Promise.reject(new Error("boot failed", { cause: new Error("no route") }));
    await assert.rejects(ask(slot, { verb: "status" }), { message: "boot failed\n  because: no route" });
  });

  it("refuses what it does not know", async () => {
    const socket = connect(slot.controlSocket);
    socket.write('{"verb":"explode"}\n');
    const reply = JSON.parse(await text(socket)) as { error: string };
    assert.match(reply.error, /^control: cannot read the request: /);
  });

  it("is for its owner only", async () => assert.equal((await stat(slot.controlSocket)).mode & 0o777, 0o600));

  it("tells that nobody is there", async () => {
    const empty = { ...slot, controlSocket: join(slot.directory, "absent.sock") };
    await assert.rejects(ask(empty, { verb: "status" }), (error) => error instanceof NotRunning && /slot 1: is not up/.test(error.message));
  });
});
