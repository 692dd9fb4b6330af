import { type Folders, isFree, type SecretStore } from "./source.ts";

/** A secret store without a server, for tests of everything that stands behind the interface. */
export function memoryStore(values: Readonly<Record<string, Readonly<Record<string, string>>>>): SecretStore {
  const folders = new Map(Object.entries(values).map(([folder, members]) => [folder, new Map(Object.entries(members))]));
  return {
    name: "memory",
    read: async (asked): Promise<Folders> => Promise.resolve(new Map(asked.map((folder) => [folder, new Map(folders.get(folder))]))),
    put: async (folder, name, value) => {
      const members = folders.get(folder) ?? new Map<string, string>();
      folders.set(folder, members);
      if (!isFree(members.get(name))) return Promise.resolve("exists");
      members.set(name, value);
      return Promise.resolve("written");
    },
  };
}
