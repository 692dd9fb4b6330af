/** The account databases as text: passwd(5), shadow(5), group(5). */
export interface AccountFiles {
  readonly passwd: string;
  readonly shadow: string;
  readonly group: string;
}

/** An account as the three files say it together. */
export interface Account {
  readonly name: string;
  readonly userId: number;
  readonly groupId: number;
  readonly home: string;
  readonly shell: string;
  /** Supplementary groups, in name order. */
  readonly groups: readonly string[];
  /** Second field of shadow: a hash lets a password in, `*` and anything that begins with `!` do not. */
  readonly password: string;
  /** Day after which nobody can log in; empty for never. */
  readonly expires: string;
}

/** `undefined` when there is no such account. */
export function findAccount(files: AccountFiles, name: string): Account | undefined {
  const entry = rows(files.passwd).find(([user]) => user === name);
  if (entry === undefined) return undefined;
  const shadow = rows(files.shadow).find(([user]) => user === name);
  return {
    name,
    userId: Number(entry[2]),
    groupId: Number(entry[3]),
    home: entry[5] ?? "",
    shell: entry[6] ?? "",
    groups: rows(files.group)
      .filter((row) => membersOf(row).includes(name))
      .map(([group]) => group ?? "")
      .sort(),
    password: shadow?.[1] ?? "",
    expires: shadow?.[7] ?? "",
  };
}

/** Members of a group, or `undefined` when there is no such group. */
export function groupMembers(files: Pick<AccountFiles, "group">, name: string): readonly string[] | undefined {
  const row = rows(files.group).find(([group]) => group === name);
  return row === undefined ? undefined : membersOf(row);
}

function rows(text: string): readonly (readonly string[])[] {
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(":"));
}

function membersOf(row: readonly string[]): readonly string[] {
  return (row[3] ?? "").split(",").filter((member) => member !== "");
}
