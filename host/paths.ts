import { join } from "node:path";

/**
 * Every place on the server that the program reads or writes (architecture §8). `root` is `/` on a server; tests give a folder of their
 * own, so nothing in the program may name an absolute path except through here.
 */
export function hostPaths(root = "/") {
  const at = (...parts: readonly string[]): string => join(root, ...parts);
  return {
    root,
    /** Immutable release directories of an instance. */
    releases: (instance: string): string => at("srv/releases/stacks", instance),
    release: (instance: string, release: string): string => at("srv/releases/stacks", instance, release),
    /** Link to the current release directory, for people. */
    stackLink: (instance: string): string => at("srv/stacks", instance),
    currentRecords: at("srv/releases/current"),
    current: (instance: string): string => at("srv/releases/current", `${instance}.json`),
    /** One line per action, for people (requirement D4). */
    deployHistory: at("srv/deploy-history.log"),
    state: at("var/lib/terrace"),
    /** What the program remembers of an instance: lock, owner, counter, journal, history, releases. Also of a lease that is no instance. */
    instance: (instance: string): string => at("var/lib/terrace", instance),
    /** Secret sets, sealed: `<instance>/<fingerprint>`. */
    sealedSecrets: at("var/lib/terrace/secrets"),
    /** Secrets delivered as files; on a tmpfs, gone at power off. */
    secretFiles: (instance: string): string => at("run/terrace/secrets", instance),
    ingress: at("srv/terrace/ingress"),
    /** Traefik's file provider watches this directory; only `host/ingress` and the certificates of `host/secrets` are written here. */
    ingressDynamic: at("srv/terrace/ingress/dynamic"),
    ingressCertificates: at("srv/terrace/ingress/certificates"),
    routerFile: (instance: string): string => at("srv/terrace/ingress/dynamic", `${instance}.yml`),
    /** With a full stop, which no instance's name has: an app may be called "certificates". */
    certificatesFile: (environment: string): string => at("srv/terrace/ingress/dynamic", `certificates.${environment}.yml`),
    program: at("opt/terrace"),
    /** The server's own key: its public half is pinned by every client. */
    sshHostKey: at("etc/ssh/ssh_host_ed25519_key"),
    dockerSocket: at("var/run/docker.sock"),
    /** Certificate authorities the system trusts, as Debian's ca-certificates writes them. */
    systemAuthorities: at("etc/ssl/certs/ca-certificates.crt"),
  } as const;
}

export type HostPaths = ReturnType<typeof hostPaths>;
