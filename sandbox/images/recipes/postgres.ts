import { packagesLayer } from "../debian/package.ts";
import { filesLayer } from "../layer.ts";
import type { Recipe } from "../recipe.ts";
import { addUser, dataUser, health, sourceFile } from "./shared.ts";

const before = `${addUser("postgres", dataUser, "/var/lib/postgresql")}mkdir -p /etc/postgresql-common
echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
`;

// The certificate that ssl-cert makes is new with every build. LLVM is for just-in-time compilation only, which the entry point switches off.
const after = `rm -rf /etc/ssl/private /etc/ssl/certs /var/lib/postgresql
rm -rf /usr/lib/x86_64-linux-gnu/libLLVM* /usr/lib/x86_64-linux-gnu/libz3.* /usr/lib/llvm-*
rm -rf /usr/lib/postgresql/17/lib/bitcode /usr/lib/postgresql/17/lib/llvmjit*
`;

/** PostgreSQL 17 of Debian with an entry point of ours. Data on the volume `/var/lib/postgresql/data`, in its folder `pgdata`. */
export const postgres: Recipe = {
  repository: "truealpha/postgres",
  tags: ["17"],
  variants: false,
  layers: async (kitchen) => {
    const base = await kitchen.base();
    const packages = await packagesLayer(kitchen.apt, {
      title: "PostgreSQL 17",
      below: [base],
      packages: ["postgresql-17"],
      before,
      after,
    });
    const ours = await filesLayer("PostgreSQL entry point", [
      await sourceFile("postgres/entrypoint", "usr/local/bin/entrypoint", 0o755),
      await sourceFile("postgres/healthy", "usr/local/bin/healthy", 0o755),
      await sourceFile("shared/secret.sh", "usr/local/lib/terrace/secret.sh", 0o644),
      { path: "var/lib/postgresql/data", mode: 0o750, owner: dataUser, directory: true },
      // For the socket. A tmpfs mounted here belongs to root and takes over the mode only.
      { path: "run/postgresql", mode: 0o1777, directory: true },
    ]);
    return [base, packages, ours];
  },
  config: {
    description: "PostgreSQL 17 from Debian's packages, for the Terrace demo application",
    user: `${dataUser}:${dataUser}`,
    environment: { PGDATA: "/var/lib/postgresql/data/pgdata", LC_ALL: "C.UTF-8" },
    entrypoint: ["/usr/local/bin/entrypoint"],
    ports: ["5432/tcp"],
    volumes: ["/var/lib/postgresql/data"],
    // Fast shutdown: SIGTERM would wait until every client has gone.
    stopSignal: "SIGINT",
    health: health(["/usr/local/bin/healthy"], 60),
  },
};
