import { bootstrapSection } from "./platform/bootstrap.ts";
import { ingressSection } from "./platform/ingress.ts";
import { instancesSection } from "./platform/instances.ts";
import { itemsSection } from "./platform/items.ts";
import { loginsSection } from "./platform/logins.ts";
import { platformSuite } from "./platform/suite.ts";
import { endPlatformWorld, platformWorld } from "./platform/world.ts";
import type { PlatformWorld } from "./platform/world.ts";

describe("a bare server", () => {
  let world: PlatformWorld;
  const suite = platformSuite(() => world);

  before(async () => {
    world = await platformWorld();
    await world.rebuild();
  });
  after(endPlatformWorld);

  // In this order: each section finds the server as the one before it left it.
  bootstrapSection(suite);
  itemsSection(suite);
  instancesSection(suite);
  loginsSection(suite);
  ingressSection(suite);
});
