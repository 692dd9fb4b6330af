import { Asset } from "../base/index.ts";
import type { CheckFailure, OperationContext, PlainProperties, Properties } from "../base/index.ts";
import { connectionProperties, dial } from "./connection.ts";
import { define, uniqueId } from "./definition.ts";
import type { NoClient } from "./definition.ts";
import { copyPath, copyText, openSftp } from "./sftp.ts";

const inputs = {
  connection: { type: "object", properties: connectionProperties, required: true, secret: true },
  source: { type: "asset", required: true },
  remotePath: { type: "string", required: true },
  triggers: { type: "array", items: { type: "any" }, replaces: true },
} as const;

/**
 * `command:remote:CopyToRemote`: copies again when the contents or the path changed, and only then: another host is no reason. Writes files in
 * place, not atomically, with the server's default mode, and never deletes any.
 */
export const copyToRemote = define.resource({
  token: "command:remote:CopyToRemote",
  inputs,
  outputs: {},
  check: (given) => ({ inputs: given, failures: checkSource(given) }),
  create: async (given, context) => {
    await copy(given, context);
    return { id: uniqueId(""), outputs: {} };
  },
  update: async ({ inputs: given, oldState }, context) => {
    if (given.source.hash !== oldState.source.hash || given.remotePath !== oldState.remotePath) await copy(given, context);
    return {};
  },
});

/** Upstream's rules and words for what can be copied. */
function checkSource({ source }: Properties): CheckFailure[] {
  if (!(source instanceof Asset)) return [];
  if (source.form === "archive")
    return "path" in source.source ? [] : [{ property: "archive", reason: "archive must be a path to a file or directory" }];
  if ("path" in source.source || "text" in source.source) return [];
  return [{ property: "asset", reason: "asset must be a path-based file asset or a text asset" }];
}

async function copy(
  { connection, source, remotePath }: PlainProperties<typeof inputs>,
  context: OperationContext<NoClient>,
): Promise<void> {
  const { source: content } = source;
  const origin = "text" in content ? "text asset" : `local file ${"path" in content ? content.path : ""}`;
  context.log.debug(`Creating file: ${connection.host}:${remotePath} from ${origin}`);
  const client = await dial(connection, context);
  try {
    const sftp = await openSftp(client);
    if ("text" in content) await copyText(sftp, content.text, remotePath);
    else if ("path" in content) await copyPath(sftp, content.path, remotePath);
    else throw new Error(`${remotePath}: the engine sent no contents to copy`);
  } finally {
    client.end();
  }
}
