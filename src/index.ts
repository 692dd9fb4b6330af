/** The Pulumi program: settings, secrets, layers, outputs. */
import { createHost } from "./host.ts";
import { planApps } from "./plannedApp.ts";
import { readSecrets } from "./secrets/index.ts";
import { loadSettings } from "./settings/index.ts";
import { createStack } from "./stack.ts";
import { summary } from "./summary.ts";

const settings = loadSettings();
const apps = planApps(settings);
const [secrets, host] = await Promise.all([readSecrets(settings), createHost(settings)]);
const stack = await createStack({ settings, secrets, apps, host });

export const { urls, releases, platform } = summary(apps, stack);
