import { releaseId } from "../../contract/index.ts";
import { rollOut } from "../rollout/rollout.ts";
import { verb } from "../verb.ts";

/** `terrace-rollout`: makes an instance run what a manifest says. */
export const rolloutVerb = verb({
  accepts: "rollout",
  lease: ({ manifest }) => manifest.instance,
  run: ({ manifest, epoch }, context) => rollOut({ request: "rollout", manifest, epoch, releaseId: releaseId(manifest) }, context),
});
