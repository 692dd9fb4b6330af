import { endWorld } from "../support/world.ts";

// Root hook: whatever happened, no server outlives the tests.
after(async () => {
  await endWorld();
});
