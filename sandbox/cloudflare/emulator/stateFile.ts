import { readIfPresent, writePrivateFile } from "../../shared/files.ts";

/** A service's memory on disk: one JSON file, readable by its owner only, replaced as a whole. */
export interface StateFile<State> {
  readonly initial: State | undefined;
  /** Writes what `state` is when its turn comes; resolves when that is on disk. Writes never overtake each other. */
  save(): Promise<void>;
}

/**
 * Opens the state kept at `path`. `parse` throws for anything it does not know: a state nobody understands must stop the start rather
 * than be overwritten. `current` is asked for the value to write.
 */
export async function openStateFile<State>(
  path: string,
  parse: (value: unknown) => State,
  current: () => State,
): Promise<StateFile<State>> {
  const text = await readIfPresent(path);
  let initial: State | undefined;
  if (text !== undefined) {
    try {
      initial = parse(JSON.parse(text));
    } catch (error) {
      throw new Error(`${path}: is not a state this emulator knows; remove the file (\`npm run sandbox -- reset\`) and start again`, {
        cause: error,
      });
    }
  }
  let last: Promise<void> = Promise.resolve();
  return {
    initial,
    save: () => {
      const write = (): Promise<void> => writePrivateFile(path, `${JSON.stringify(current(), null, 1)}\n`);
      // A failed write is its caller's to hear of; the next one starts afresh.
      last = last.then(write, write);
      return last;
    },
  };
}
