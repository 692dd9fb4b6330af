import { closeSync, mkdirSync, openSync, statSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import ssh2 from "ssh2";
import type { SFTPWrapper } from "ssh2";

const { STATUS_CODE, OPEN_MODE } = ssh2.utils.sftp;

/** Enough of an SFTP server to receive files: stat, mkdir, open, write, close. Paths are taken inside `root`. */
export function serveSftp(sftp: SFTPWrapper, root: string): void {
  const answer = (id: number, work: () => void): void => {
    try {
      work();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      sftp.status(id, code === "ENOENT" ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE, (error as Error).message);
    }
  };
  const stat = (id: number, path: string): void =>
    answer(id, () => {
      const found = statSync(resolve(root, path));
      sftp.attrs(id, { mode: found.mode, uid: found.uid, gid: found.gid, size: found.size, atime: 0, mtime: 0 });
    });
  sftp.on("STAT", stat);
  sftp.on("LSTAT", stat);
  sftp.on("MKDIR", (id, path) =>
    answer(id, () => {
      mkdirSync(resolve(root, path));
      sftp.status(id, STATUS_CODE.OK);
    }),
  );
  sftp.on("OPEN", (id, path, flags) =>
    answer(id, () => {
      if ((flags & OPEN_MODE.WRITE) === 0) throw new Error("only for writing");
      const file = openSync(resolve(root, path), "w");
      const handle = Buffer.alloc(4);
      handle.writeUInt32BE(file, 0);
      sftp.handle(id, handle);
    }),
  );
  sftp.on("WRITE", (id, handle, offset, data) =>
    answer(id, () => {
      writeSync(handle.readUInt32BE(0), data, 0, data.length, offset);
      sftp.status(id, STATUS_CODE.OK);
    }),
  );
  sftp.on("FSETSTAT", (id) => sftp.status(id, STATUS_CODE.OK));
  sftp.on("CLOSE", (id, handle) =>
    answer(id, () => {
      closeSync(handle.readUInt32BE(0));
      sftp.status(id, STATUS_CODE.OK);
    }),
  );
}
