import { randomBytes, randomUUID } from "node:crypto";
import { openStateFile, type StateFile } from "../cloudflare/emulator/stateFile.ts";
import { stateSchema, type Folder, type InfisicalState, type Secret, type SecretImport } from "./state.ts";

/** Where a secret stands. */
export interface Place {
  readonly environment: string;
  readonly path: string;
}

/** The emulator's memory: one file, readable by its owner only, since it holds the values. Changes resolve when they are on disk. */
export class InfisicalStore {
  readonly environments: readonly string[];
  private state: InfisicalState;
  private file!: StateFile<InfisicalState>;
  private batching = 0;

  private constructor(environments: readonly string[], state: InfisicalState) {
    this.environments = environments;
    this.state = state;
  }

  static async open(path: string, environments: readonly string[]): Promise<InfisicalStore> {
    const fresh: InfisicalState = {
      version: 1,
      tokenKey: randomBytes(32).toString("hex"),
      tokens: {},
      folders: [],
      secrets: [],
      imports: [],
      planted: {},
    };
    const store = new InfisicalStore(environments, fresh);
    store.file = await openStateFile(
      path,
      (value) => stateSchema.parse(value),
      () => store.state,
    );
    store.state = store.file.initial ?? fresh;
    const rootless = environments.filter((environment) => store.folder({ environment, path: "/" }) === undefined);
    store.state.folders.push(...rootless.map((environment) => newFolder({ environment, path: "/" }, null)));
    await store.file.save();
    return store;
  }

  get tokenKey(): string {
    return this.state.tokenKey;
  }

  get tokens(): InfisicalState["tokens"] {
    return this.state.tokens;
  }

  get planted(): InfisicalState["planted"] {
    return this.state.planted;
  }

  folder({ environment, path }: Place): Folder | undefined {
    return this.state.folders.find((folder) => folder.environment === environment && folder.path === path);
  }

  /** The folder at a place and all below it. */
  foldersBelow({ environment, path }: Place): readonly Folder[] {
    const prefix = path === "/" ? "/" : `${path}/`;
    return this.state.folders.filter(
      (folder) => folder.environment === environment && (folder.path === path || folder.path.startsWith(prefix)),
    );
  }

  /** The secrets of one folder by name. */
  secretsIn(place: Place): readonly Secret[] {
    const found = this.state.secrets.filter((secret) => isAt(secret, place));
    return found.sort((one, other) => (one.key < other.key ? -1 : 1));
  }

  secret(place: Place, key: string): Secret | undefined {
    return this.state.secrets.find((secret) => isAt(secret, place) && secret.key === key);
  }

  importsInto(place: Place): readonly SecretImport[] {
    return this.state.imports.filter((one) => isAt(one, place));
  }

  /** Makes a folder and those above it; an existing one is given back as it is. */
  async makeFolder(place: Place, description: string | null): Promise<Folder> {
    const steps = place.path.split("/").filter((step) => step !== "");
    for (let count = 1; count <= steps.length; count += 1) {
      const path = `/${steps.slice(0, count).join("/")}`;
      if (this.folder({ ...place, path }) !== undefined) continue;
      this.state.folders.push(newFolder({ ...place, path }, count === steps.length ? description : null));
    }
    await this.save();
    const made = this.folder(place);
    if (made === undefined) throw new Error(`folder ${place.path} was not made`);
    return made;
  }

  async addSecret(place: Place, key: string, content: Pick<Secret, "value"> & Partial<Secret>): Promise<Secret> {
    const now = new Date().toISOString();
    const empty = { comment: "", skipMultilineEncoding: false, reminderNote: null, reminderRepeatDays: null };
    const secret: Secret = {
      ...empty,
      ...content,
      id: randomUUID(),
      ...at(place),
      key,
      version: 1,
      history: [],
      createdAt: now,
      updatedAt: now,
    };
    this.state.secrets.push(secret);
    await this.save();
    return secret;
  }

  async changeSecret(
    secret: Secret,
    change: Partial<Pick<Secret, "key" | "value" | "comment" | "skipMultilineEncoding" | "reminderNote" | "reminderRepeatDays">>,
  ): Promise<Secret> {
    const changed: Secret = {
      ...secret,
      ...change,
      version: secret.version + 1,
      history: [...secret.history, secret.value],
      updatedAt: new Date().toISOString(),
    };
    this.state.secrets = this.state.secrets.map((other) => (other === secret ? changed : other));
    await this.save();
    return changed;
  }

  async removeSecret(secret: Secret): Promise<void> {
    this.state.secrets = this.state.secrets.filter((other) => other !== secret);
    await this.save();
  }

  /** Shows `from` in `into`, above what was imported there before. Doing it twice changes nothing. */
  async addImport(into: Place, from: Place): Promise<void> {
    const exists = this.importsInto(into).some((one) => one.fromEnvironment === from.environment && one.fromPath === from.path);
    if (!exists) this.state.imports.push({ id: randomUUID(), ...at(into), fromEnvironment: from.environment, fromPath: from.path });
    await this.save();
  }

  /** Makes many changes and writes them once. */
  async batch<Result>(work: () => Promise<Result>): Promise<Result> {
    this.batching += 1;
    try {
      return await work();
    } finally {
      this.batching -= 1;
      await this.file.save();
    }
  }

  save(): Promise<void> {
    return this.batching > 0 ? Promise.resolve() : this.file.save();
  }
}

function isAt(item: Place, place: Place): boolean {
  return item.environment === place.environment && item.path === place.path;
}

/** Only the place: callers may hand over more. */
function at({ environment, path }: Place): Place {
  return { environment, path };
}

function newFolder(place: Place, description: string | null): Folder {
  const now = new Date().toISOString();
  return { id: randomUUID(), ...at(place), description, createdAt: now, updatedAt: now };
}
