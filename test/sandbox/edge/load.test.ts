import assert from "node:assert/strict";
import { Agent } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { host, papers, Rig } from "./rig.ts";

/** Requests that an open loop sends, and how many in a second: whether earlier ones were answered makes no difference. */
const total = 2000;
const perSecond = 400;

describe("edge: load", () => {
  it(`answers ${total} requests at ${perSecond}/s, GET and POST, new connections and kept-alive ones, without a failure`, async () => {
    const rig = await Rig.create((request, response) => {
      request.resume().on("end", () => response.end(request.url));
    });
    const { authority } = await papers();
    const agent = new Agent({ keepAlive: true, ca: authority.certificate, servername: host });
    const failures: string[] = [];
    try {
      const started = performance.now();
      const pending: Promise<void>[] = [];
      for (let sent = 0; sent < total; sent += 1) {
        const due = started + (sent * 1000) / perSecond;
        if (due > performance.now()) await delay(due - performance.now());
        const path = `/load/${sent}`;
        const post = sent % 3 === 0;
        // One in ten opens a connection of its own.
        const options = { ...(post ? { method: "POST", body: "x".repeat(500) } : {}), ...(sent % 10 === 0 ? {} : { agent }) };
        pending.push(
          rig.get(path, options).then(
            (heard) => {
              if (heard.status !== 200 || heard.text !== path) failures.push(`${path}: ${heard.status} ${heard.text}`);
            },
            (error: unknown) => {
              failures.push(`${path}: ${String(error)}`);
            },
          ),
        );
      }
      await Promise.all(pending);
      assert.deepEqual(failures, []);
      const lines = await rig.log(total);
      assert.equal(lines.filter((line) => line["status"] === 200).length, total);
    } finally {
      agent.destroy();
      await rig.close();
    }
    // Five seconds on a machine that has nothing else to do.
  }).timeout(180_000);
});
