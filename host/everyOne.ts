/**
 * Waits for all of them, then throws the first failure. Where `Promise.all` would leave the others working behind the back of whoever now
 * puts things right.
 */
export async function everyOne<Value>(works: readonly Promise<Value>[]): Promise<Value[]> {
  const results = await Promise.allSettled(works);
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}
