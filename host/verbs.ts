import { dataVerb } from "./data/data.ts";
import { retireDataVerb } from "./data/retireData.ts";
import { platformVerb } from "./platform/platform.ts";
import { hostSecretsVerb } from "./secrets/hostSecrets.ts";
import { secretsVerb } from "./secrets/secrets.ts";
import type { Verb } from "./verb.ts";
import { historyVerb } from "./verbs/history.ts";
import { retireVerb } from "./verbs/retire.ts";
import { rollbackVerb } from "./verbs/rollback.ts";
import { rolloutVerb } from "./verbs/rollout.ts";
import { statusVerb } from "./verbs/status.ts";

/**
 * Every entry of the program: the name after `terrace-` in `/opt/terrace/bin/`, and the first argument of `terrace`. A verb's own folder
 * exports it; this table is the only place that knows them all.
 */
export const verbs: Readonly<Record<string, Verb>> = {
  platform: platformVerb,
  "host-secrets": hostSecretsVerb,
  secrets: secretsVerb,
  data: dataVerb,
  "retire-data": retireDataVerb,
  rollout: rolloutVerb,
  retire: retireVerb,
  status: statusVerb,
  history: historyVerb,
  rollback: rollbackVerb,
};
