import type { Attempt } from "./attempt.ts";
import { withRole } from "./colour.ts";
import { judgeHealth } from "./judge.ts";
import { untilGood } from "./start.ts";

/** Waits until every web container says of itself that it is well. The first that ends or turns unhealthy ends the wait. */
export async function health(attempt: Attempt): Promise<string> {
  const web = withRole(attempt.members, "web");
  await Promise.all(web.map((member) => untilGood(attempt, member, judgeHealth)));
  return `${web.length} healthy`;
}
