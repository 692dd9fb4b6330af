/** Where a registry is asked for an image. */
export interface ImageReference {
  /** Host, with a port where there is one: `registry.example.com:5000`. */
  readonly registry: string;
  /** Path of the repository in the registry: `library/postgres`. */
  readonly repository: string;
  /** What follows `/manifests/`: a tag, or a digest `sha256:…`. */
  readonly manifest: string;
}

/**
 * Takes an image name apart as the official provider does (terraform-provider-docker v4.5.0 `parseImageOptions`). In `repository:tag@digest`
 * the digest wins. A digest without a tag (`repository@sha256:…`) is not recognised: the colon inside the digest passes for that of a tag, and
 * the request goes to a path that no registry has. That is upstream's behaviour and kept, so that a program which works here works there.
 */
export function parseImageReference(name: string): ImageReference {
  const slash = name.indexOf("/");
  const first = slash === -1 ? "" : name.slice(0, slash);
  const severalParts = name.split("/").length > 2;
  const registry = severalParts || /[.:]/.test(first) || first === "localhost" ? first : "";
  const colon = name.indexOf(":", registry.length);
  const path = colon === -1 ? name : name.slice(0, colon);
  const tag = colon === -1 ? "" : name.slice(colon + 1);
  const manifest = tag.slice(tag.indexOf("@") + 1) || "latest";
  if (registry === "") return { registry: "registry-1.docker.io", repository: path.includes("/") ? path : `library/${path}`, manifest };
  return { registry, repository: path.replace(`${registry}/`, ""), manifest };
}
