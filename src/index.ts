/** The Pulumi program: settings, secrets, layers, outputs. */
import "./startup.ts";
import { remoteProvider } from "../components/remote/index.ts";
import { createHost } from "./host.ts";
import { planApps } from "./plannedApp.ts";
import { readSecrets } from "./secrets/index.ts";
import { loadSettings } from "./settings/index.ts";
import { createStack } from "./stack.ts";
import { summary } from "./summary.ts";

const settings = loadSettings();
const apps = planApps(settings);
// Before the secrets are read: meanwhile the engine starts the provider's plugin, which waits for nothing.
const remote = remoteProvider("remote");
const [secrets, host] = await Promise.all([readSecrets(settings), createHost(settings)]);
const stack = await createStack({ settings, secrets, apps, host, remote });

export const { urls, releases, platform } = summary(apps, stack);
