import { packagesLayer } from "../debian/package.ts";
import { filesLayer } from "../layer.ts";
import type { Recipe } from "../recipe.ts";
import { addUser, appUser, health, sourceFile, variantLayer } from "./shared.ts";

/** Celery worker; with another command (`beatCommand`) Celery beat. */
export const worker: Recipe = {
  repository: "truealpha/worker",
  tags: ["v1", "v2", "v3", "exits", "never-healthy"],
  variants: true,
  layers: async (kitchen, variant) => {
    const base = await kitchen.base();
    const celery = await packagesLayer(kitchen.apt, {
      title: "Celery",
      below: [base],
      packages: ["celery", "python3-redis"],
      before: addUser("truealpha", appUser, "/nonexistent"),
      after: "rm -rf /usr/lib/python3/dist-packages/ephem /usr/lib/python3.13/ensurepip /usr/lib/python3.13/pydoc_data\n",
    });
    const ours = await filesLayer("truealpha tasks", [
      await sourceFile("worker/tasks.py", "app/tasks.py", 0o644),
      await sourceFile("shared/recently", "usr/local/bin/recently", 0o755),
    ]);
    return [base, celery, ours, await variantLayer(variant)];
  },
  config: {
    description: "Celery worker and beat of the Terrace demo application",
    user: `${appUser}:${appUser}`,
    // A container may write to /dev/shm whatever else is read-only; Celery's processes share memory through a file in TMPDIR.
    environment: { PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1", TMPDIR: "/dev/shm" },
    entrypoint: ["/usr/bin/python3", "-m", "celery", "--app", "tasks"],
    command: ["worker", "--loglevel", "INFO", "--concurrency", "1", "--without-mingle", "--without-gossip"],
    workingDirectory: "/app",
    health: health(["/usr/local/bin/recently", "/dev/shm/truealpha-alive", "15"], 30),
  },
};

/** The command of the same image that makes it the scheduler. It keeps no state file: what is due is due again after a start. */
export const beatCommand = ["beat", "--loglevel", "INFO", "--scheduler", "tasks.Clock", "--pidfile", ""] as const;
