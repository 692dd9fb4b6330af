import { composeFaults } from "../../../components/app/plan.ts";
import { parseReference } from "../../../contract/index.ts";
import { entries, type Rule } from "./draft.ts";

/** Health timeout for judging a file while those of the stack are faulty: no fault of a compose file depends on it. */
const healthTimeoutSeconds = 120;

/**
 * What makes a compose file impossible to roll out, beyond its shape. Told with everything else: whoever mends a stack file should not meet
 * the next list of faults only then. Where another file is faulty, what depends on that one is left out.
 */
export const composeFiles: Rule = function* ({ stack, settings, apps, digests }) {
  for (const [app, written] of entries(settings.apps)) {
    const { compose, config, secrets, roles = {} } = apps[app] ?? {};
    if (compose === undefined || config === undefined) continue;
    const built = digests.kind === "read" ? digests.builds[app]?.images : undefined;
    const images = written.images === "fromBuild" ? built : written.images;
    const declared = secrets?.variables ?? {};
    const faults = composeFaults({
      instance: `${app}-${stack}`,
      directory: `apps/${app}`,
      compose,
      config,
      images: Object.fromEntries([...entries(images)].filter(([, reference]) => parseReference(reference) !== undefined)),
      // That a stateful service gets no files is told where that is written.
      variables: Object.entries(declared).flatMap(([name, { services, deliver }]) => [
        { name, services: services.filter((service) => roles[service] !== "data"), deliver },
        { name, services: services.filter((service) => roles[service] === "data"), deliver: "env" as const },
      ]),
      environment: Object.fromEntries(
        [...entries(written.environment)].map(([service, variables]) => [
          service,
          Object.fromEntries([...entries(variables)].filter(([name]) => isOrdinary(name, service, declared))),
        ]),
      ),
      strategy: { healthTimeoutSeconds },
      data: { healthTimeoutSeconds },
    });
    for (const fault of faults) {
      // A key without a value may be one of secrets.yaml, which could not be read.
      if (secrets !== undefined || !/\.environment\./.test(fault.path)) yield fault;
    }
  }
};

/** Others are faults of the stack file, and told there. */
function isOrdinary(name: string, service: string, declared: Readonly<Record<string, { readonly services: readonly string[] }>>): boolean {
  return !name.startsWith("TERRACE_") && declared[name]?.services.includes(service) !== true;
}
