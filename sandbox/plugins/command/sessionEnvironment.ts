import type { Client } from "ssh2";

/** Asks the server for a variable; false when it refuses. */
type SetVariable = (name: string, value: string) => Promise<boolean>;

/** The parts of ssh2 1.17 that its public interface has no equal for. */
interface Internals {
  readonly _protocol: {
    exec(channel: number, command: string, wantReply: boolean): void;
    env(channel: number, name: string, value: string, wantReply: boolean): void;
  };
  readonly _chanMgr: { readonly _channels: Readonly<Record<string, Channel | number | undefined>> };
}

interface Channel {
  readonly outgoing: { readonly id: number };
  /** Called in order with the server's answers; true means that it refused. */
  readonly _callbacks: ((refused: unknown) => void)[];
  close(): void;
}

/**
 * Does `work` after the next session is open and before its command is sent, and holds the command back when `work` fails.
 *
 * ssh2 sends environment variables without asking for an answer and the command right behind them, so a refused variable would go unnoticed
 * and the command would run without it. The SSH protocol has answers for this; upstream waits for each. The returned promise never resolves:
 * it rejects with what `work` threw.
 */
export function beforeExec(client: Client, work: (setVariable: SetVariable) => Promise<void>): Promise<never> {
  const { _protocol: protocol, _chanMgr: channels } = client as unknown as Partial<Internals>;
  if (typeof protocol?.exec !== "function" || typeof protocol.env !== "function" || typeof channels?._channels !== "object") {
    throw new Error("this version of ssh2 is not the one that sandbox/plugins/command was written for (1.17)");
  }
  return new Promise((_, reject) => {
    const exec = protocol.exec.bind(protocol);
    protocol.exec = (id, command, wantReply) => {
      const channel = Object.values(channels._channels).find((one): one is Channel => typeof one === "object" && one.outgoing.id === id);
      if (channel === undefined) throw new Error(`ssh2 has no channel ${id}`);
      const setVariable: SetVariable = (name, value) =>
        new Promise((resolve) => {
          // The command's own answer is waited for already; a variable's comes before it.
          channel._callbacks.unshift((refused) => resolve(refused === false));
          protocol.env(id, name, value, true);
        });
      work(setVariable).then(
        () => exec(id, command, wantReply),
        (error: unknown) => {
          channel.close();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    };
  });
}
