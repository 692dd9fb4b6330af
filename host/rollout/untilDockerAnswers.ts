import type { Context } from "../context.ts";

const longestSeconds = 60;
const pauseMilliseconds = 250;

/**
 * A daemon that was restarted under a rollout is back in seconds, and nothing can be taken back without it. It announces its return to
 * nobody, so it is asked. Throws what the last question met.
 */
export async function untilDockerAnswers({ docker, clock }: Pick<Context, "docker" | "clock">): Promise<void> {
  const started = clock.elapsed();
  for (;;) {
    try {
      await docker.version();
      return;
    } catch (error) {
      if (clock.elapsed() - started > longestSeconds * 1000) throw error;
    }
    await clock.pause(pauseMilliseconds);
  }
}
