import type { Actor } from "../contract/index.ts";
import { systemClock } from "./clock.ts";
import { execute } from "./command.ts";
import type { Context, Program } from "./context.ts";
import { dockerAt } from "./docker/docker.ts";
import { ingressApi } from "./ingress/api.ts";
import { hostPaths } from "./paths.ts";
import { progressTo } from "./progress.ts";
import { hostSecretStore } from "./secrets/hostSecrets.ts";
import { secretStore } from "./secrets/store.ts";

/** The real world, on a server. */
export function productionContext(actor: Actor, program: Program): Context {
  const paths = hostPaths();
  const docker = dockerAt(paths.dockerSocket);
  return {
    paths,
    docker,
    ingress: ingressApi(docker, systemClock, program.path),
    execute,
    clock: systemClock,
    progress: progressTo((text) => void process.stderr.write(text)),
    secrets: secretStore({ paths, execute }),
    hostSecrets: hostSecretStore({ paths, execute }),
    actor,
    program,
  };
}
