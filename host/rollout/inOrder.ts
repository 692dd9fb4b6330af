/**
 * Does `work` for every name, each after the work of the names it depends on; what does not depend on each other goes side by side.
 * Dependencies must be among the names and free of circles, which `docker compose config` has checked; a circle throws.
 */
export async function inOrder(
  names: readonly string[],
  dependenciesOf: (name: string) => readonly string[],
  work: (name: string) => Promise<void>,
): Promise<void> {
  const begun = new Map<string, Promise<void>>();
  const run = (name: string, path: readonly string[]): Promise<void> => {
    if (path.includes(name)) return Promise.reject(new RangeError(`${[...path, name].join(" -> ")}: depends on itself`));
    const known = begun.get(name);
    if (known !== undefined) return known;
    const promise = Promise.all(dependenciesOf(name).map((dependency) => run(dependency, [...path, name]))).then(() => work(name));
    begun.set(name, promise);
    return promise;
  };
  await Promise.all(names.map((name) => run(name, [])));
}
