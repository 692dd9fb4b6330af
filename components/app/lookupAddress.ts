/**
 * The host that answers for a registry's name. `docker.io` names Docker Hub in references only: what listens there is a web site, and Docker
 * itself asks registry-1.docker.io. The provider asks the host that it is given (terraform-provider-docker v4.5.0, `parseImageOptions`), and
 * would take the web site's 404 for the image's.
 */
export function registryHost(registry: string): string {
  return registry === "docker.io" ? "registry-1.docker.io" : registry;
}

/** A reference by the host that answers for it. */
export function lookupReference(reference: string): string {
  const [registry = "", ...path] = reference.split("/");
  return [registryHost(registry), ...path].join("/");
}
