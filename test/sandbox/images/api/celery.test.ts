import assert from "node:assert/strict";
import { parseResult, resultKey, taskMessage } from "../../../../sandbox/images/api/celery.ts";

describe("Celery's messages", () => {
  it("follow protocol version 2 as kombu stores it in Redis", () => {
    const message = JSON.parse(
      taskMessage({
        task: "truealpha.shout",
        id: "11111111-2222-3333-4444-555555555555",
        keywords: { word: 'grüß "dich"', seconds: 0 },
        origin: "7@host",
        queue: "celery",
        deliveryTag: "66666666-7777-8888-9999-000000000000",
      }),
    ) as { body: string; headers: unknown; properties: unknown };
    const { body, ...rest } = message;
    assert.deepEqual(JSON.parse(Buffer.from(body, "base64").toString("utf8")), [
      [],
      { word: 'grüß "dich"', seconds: 0 },
      { callbacks: null, errbacks: null, chain: null, chord: null },
    ]);
    assert.deepEqual(rest, {
      "content-encoding": "utf-8",
      "content-type": "application/json",
      headers: {
        lang: "py",
        task: "truealpha.shout",
        id: "11111111-2222-3333-4444-555555555555",
        root_id: "11111111-2222-3333-4444-555555555555",
        parent_id: null,
        group: null,
        group_index: null,
        shadow: null,
        eta: null,
        expires: null,
        retries: 0,
        timelimit: [null, null],
        argsrepr: "()",
        kwargsrepr: '{"word":"grüß \\"dich\\"","seconds":0}',
        origin: "7@host",
        ignore_result: false,
        replaced_task_nesting: 0,
        stamped_headers: null,
        stamps: {},
      },
      properties: {
        correlation_id: "11111111-2222-3333-4444-555555555555",
        reply_to: "",
        delivery_mode: 2,
        delivery_info: { exchange: "", routing_key: "celery" },
        priority: 0,
        body_encoding: "base64",
        delivery_tag: "66666666-7777-8888-9999-000000000000",
      },
    });
  });

  const results = [
    { stored: { status: "SUCCESS", result: "HELLO" }, expected: { state: "SUCCESS", result: "HELLO", final: true } },
    { stored: { status: "SUCCESS", result: null }, expected: { state: "SUCCESS", result: null, final: true } },
    { stored: { status: "SUCCESS", result: { n: 1 } }, expected: { state: "SUCCESS", result: '{"n":1}', final: true } },
    { stored: { status: "STARTED", result: { pid: 1 } }, expected: { state: "STARTED", result: '{"pid":1}', final: false } },
    {
      stored: { status: "FAILURE", result: { exc_type: "ValueError", exc_message: ["no", "word"], exc_module: "builtins" } },
      expected: { state: "FAILURE", result: "ValueError: no, word", final: true },
    },
  ];
  for (const { stored, expected } of results) {
    it(`reads ${JSON.stringify(stored)}`, () => {
      assert.deepEqual(parseResult(JSON.stringify({ ...stored, task_id: "x" })), expected);
    });
  }

  it("refuses what is not a result", () => {
    for (const text of ["[]", "null", "{}", '{"status":1}']) {
      assert.throws(() => parseResult(text), { message: "result backend: a result without a status" });
    }
  });

  it("names the key of a result", () => {
    assert.equal(resultKey("x"), "celery-task-meta-x");
  });
});
