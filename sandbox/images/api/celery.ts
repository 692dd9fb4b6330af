/** One call of a Celery task, to be put on a queue. */
export interface TaskCall {
  /** Name under which the worker knows it, such as `truealpha.shout`. */
  readonly task: string;
  readonly id: string;
  readonly keywords: Readonly<Record<string, string | number | boolean | null>>;
  /** Who sends it: `<process>@<host>`. */
  readonly origin: string;
  readonly queue: string;
  /** Unique per message: kombu keys unacknowledged messages by it. */
  readonly deliveryTag: string;
}

/**
 * A task message as kombu's Redis transport stores it: one JSON text, to be pushed on the left of the queue's list.
 * Celery's message protocol, version 2.
 * @see https://docs.celeryq.dev/en/stable/internals/protocol.html
 */
export function taskMessage(call: TaskCall): string {
  const body = JSON.stringify([[], call.keywords, { callbacks: null, errbacks: null, chain: null, chord: null }]);
  return JSON.stringify({
    body: Buffer.from(body).toString("base64"),
    "content-encoding": "utf-8",
    "content-type": "application/json",
    headers: {
      lang: "py",
      task: call.task,
      id: call.id,
      root_id: call.id,
      parent_id: null,
      group: null,
      group_index: null,
      shadow: null,
      eta: null,
      expires: null,
      retries: 0,
      timelimit: [null, null],
      argsrepr: "()",
      kwargsrepr: JSON.stringify(call.keywords),
      origin: call.origin,
      ignore_result: false,
      replaced_task_nesting: 0,
      stamped_headers: null,
      stamps: {},
    },
    properties: {
      correlation_id: call.id,
      reply_to: "",
      delivery_mode: 2,
      delivery_info: { exchange: "", routing_key: call.queue },
      priority: 0,
      body_encoding: "base64",
      delivery_tag: call.deliveryTag,
    },
  });
}

/** States after which a result does not change any more. */
const finalStates = new Set(["SUCCESS", "FAILURE", "REVOKED"]);

export interface TaskResult {
  /** Celery's word: PENDING (nothing known), STARTED, RETRY, SUCCESS, FAILURE, REVOKED. */
  readonly state: string;
  /** What the task returned, as text; on failure the exception's. */
  readonly result: string | null;
  readonly final: boolean;
}

/** Where Celery's Redis result backend keeps a result, and the channel on which it publishes the same text. */
export function resultKey(id: string): string {
  return `celery-task-meta-${id}`;
}

/** Reads what the result backend stored. Throws on anything that is not a result. */
export function parseResult(text: string): TaskResult {
  const stored: unknown = JSON.parse(text);
  if (typeof stored !== "object" || stored === null || !("status" in stored) || typeof stored.status !== "string") {
    throw new Error("result backend: a result without a status");
  }
  const value = "result" in stored ? stored.result : null;
  return { state: stored.status, result: describe(value), final: finalStates.has(stored.status) };
}

/** A failed task's result is `{exc_type, exc_message, exc_module}`. */
function describe(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (typeof value === "object" && "exc_type" in value && "exc_message" in value) {
    const message = Array.isArray(value.exc_message) ? value.exc_message.join(", ") : String(value.exc_message);
    return `${String(value.exc_type)}: ${message}`;
  }
  return JSON.stringify(value);
}
