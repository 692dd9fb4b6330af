import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { controlGroupExists, controlGroupMounts, killControlGroup, makeControlGroup } from "../../../sandbox/controlGroup.ts";

describe("control group mounts", () => {
  it("finds v2 and the named hierarchy on a hybrid machine", () => {
    const mountInfo = [
      "25 20 0:22 / /sys/fs/cgroup rw shared:5 - tmpfs tmpfs rw,mode=755",
      "26 25 0:23 / /sys/fs/cgroup/unified rw,nosuid - cgroup2 cgroup2 rw",
      "27 25 0:24 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
      "28 25 0:25 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd",
    ].join("\n");
    assert.deepEqual(controlGroupMounts(mountInfo), { unified: "/sys/fs/cgroup/unified", named: "/sys/fs/cgroup/systemd" });
  });

  it("finds v2 alone", () => {
    const mountInfo = "26 25 0:23 / /sys/fs/cgroup rw,nosuid shared:4 master:1 - cgroup2 cgroup2 rw,nsdelegate\n";
    assert.deepEqual(controlGroupMounts(mountInfo), { unified: "/sys/fs/cgroup", named: undefined });
  });

  it("refuses a machine without v2", () => {
    assert.throws(() => controlGroupMounts("27 25 0:24 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory"), /has no cgroup v2 mount/);
  });
});

describe("control groups", () => {
  it("are ended with all that runs in them, also by two at once", async () => {
    const name = `terrace-test-${process.pid}`;
    const sleeper = spawn("sleep", ["600"]);
    for (const join of await makeControlGroup(`${name}/payload/init.scope`)) await writeFile(join, String(sleeper.pid));
    const ended = once(sleeper, "exit");
    await Promise.all([killControlGroup(name), killControlGroup(name), killControlGroup(name)]);
    assert.deepEqual(await ended, [null, "SIGKILL"]);
    assert.equal(await controlGroupExists(name), false);
  });
});
