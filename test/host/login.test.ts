import assert from "node:assert/strict";
import type { Command } from "../../host/command.ts";
import { readLogin } from "../../host/login.ts";

describe("host/login", () => {
  let asked: string[];
  beforeEach(() => (asked = []));

  /** A system with one account in `groups`, to which sudo gives everything or nothing. */
  const system =
    (groups: string, sudoGivesAll: boolean) =>
    ({ argv }: Command) => {
      asked.push(argv.join(" "));
      const exitCode = argv[0] === "/usr/bin/id" || sudoGivesAll ? 0 : 1;
      const stdout = argv[0] === "/usr/bin/id" ? `${groups}\n` : "";
      return Promise.resolve({ exitCode, signal: null, stdout, stderr: "", timedOut: false });
    };

  it("asks nobody about root", async () => {
    const root = { userId: 0, groups: [], isRootBySudo: false };
    assert.deepEqual(await readLogin(system("", true), 0, undefined), { ...root, sudoUser: undefined });
    assert.deepEqual(await readLogin(system("", true), 0, "root"), { ...root, sudoUser: "root" });
    assert.deepEqual(asked, []);
  });

  it("takes for root whom sudo gives everything", async () => {
    const login = await readLogin(system("debian sudo", true), 0, "debian");
    assert.deepEqual(login, { userId: 0, sudoUser: "debian", groups: ["debian", "sudo"], isRootBySudo: true });
    assert.deepEqual(asked, ["/usr/bin/id -nG -- debian", "/usr/bin/sudo -n -l -U debian /bin/sh"]);
    assert.equal((await readLogin(system("bob", false), 0, "bob")).isRootBySudo, false);
  });

  for (const [user, groups] of [
    ["deploy-prod", "users terrace-deployers"],
    ["olga", "users terrace-operators"],
  ] as const) {
    it(`never takes ${user} for root, whatever the server's own rules give`, async () => {
      assert.equal((await readLogin(system(groups, true), 0, user)).isRootBySudo, false);
      assert.deepEqual(asked, [`/usr/bin/id -nG -- ${user}`]);
    });
  }
});
