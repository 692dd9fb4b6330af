import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { Command, Execute } from "../../../host/command.ts";

/** systemd-creds as far as the store uses it: authenticated encryption with the name sealed in. The real one is asked on a server. */
export function fakeCreds(): { readonly execute: Execute; readonly commands: Command[] } {
  const key = randomBytes(32);
  const commands: Command[] = [];
  const run = ({ argv, stdin }: Command): string => {
    const name = argv.find((word) => word.startsWith("--name="))?.slice("--name=".length);
    const verb = argv.find((word) => word === "encrypt" || word === "decrypt");
    if (argv[0] !== "systemd-creds" || name === undefined || typeof stdin !== "string")
      throw new Error(`unknown command: ${argv.join(" ")}`);
    if (verb === "encrypt") {
      if (!argv.includes("--with-key=host")) throw new Error("sealed with another key than the host's");
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(name));
      const sealed = Buffer.concat([nonce, cipher.update(stdin, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return `${sealed.toString("base64")}\n`;
    }
    const sealed = Buffer.from(stdin, "base64");
    if (sealed.length < 28) throw new Error("Encrypted file too short.");
    const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12))
      .setAAD(Buffer.from(name))
      .setAuthTag(sealed.subarray(-16));
    return decipher.update(sealed.subarray(12, -16), undefined, "utf8") + decipher.final("utf8");
  };
  const execute: Execute = (command) => {
    commands.push(command);
    const result = { signal: null, timedOut: false, stdout: "", stderr: "" };
    try {
      return Promise.resolve({ ...result, exitCode: 0, stdout: run(command) });
    } catch (error) {
      return Promise.resolve({ ...result, exitCode: 1, stderr: `${String(error)}\n` });
    }
  };
  return { execute, commands };
}
