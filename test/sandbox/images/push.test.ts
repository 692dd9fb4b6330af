import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { imageDocuments } from "../../../sandbox/images/document.ts";
import { filesLayer, epochSeconds } from "../../../sandbox/images/layer.ts";
import { imageLayout } from "../../../sandbox/images/layout.ts";
import { pushImages, type PushOptions } from "../../../sandbox/images/push.ts";
import { slotCertificates } from "../../../sandbox/ca.ts";
import type { Slot } from "../../../sandbox/slot.ts";
import { temporaryFolder } from "./container.ts";
import { credentials, startLoopbackRegistry } from "./loopbackRegistry.ts";

const { user, password } = credentials;
const mediaType = "application/vnd.docker.distribution.manifest.v2+json";

describe("pushing to a registry", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let slot: Slot;
  let registry: Awaited<ReturnType<typeof startLoopbackRegistry>>;
  let options: PushOptions;

  before(async () => {
    folder = await temporaryFolder();
    registry = await startLoopbackRegistry(folder.path, 2);
    slot = registry.slot;
    options = {
      registry: "registry.terrace.test",
      address: `${slot.registry.ipv4}:443`,
      username: user,
      password,
      caFile: slot.caCertificate,
      images: [await image("v1"), await image("v2")],
    };
  });
  after(async () => {
    await registry.close();
    await folder.remove();
  });

  it("gives references pinned by digest, under which the registry has the images", async () => {
    const pushed = await pushImages(options);
    assert.deepEqual(
      pushed.map(({ reference, uploaded }) => ({ reference, uploaded })),
      options.images.map(({ tag, digest }) => ({ reference: `registry.terrace.test/truealpha/tiny:${tag}@${digest}`, uploaded: true })),
    );
    for (const { tag, digest, layout } of options.images) {
      const manifest = await readFile(join(layout, "blobs", "sha256", digest.replace("sha256:", "")), "utf8");
      for (const name of [tag, digest]) {
        const answer = await ask(`/v2/truealpha/tiny/manifests/${name}`);
        assert.deepEqual([answer.status, answer.digest, answer.body], [200, digest, manifest]);
      }
    }
  });

  it("uploads nothing that is there", async () => {
    assert.deepEqual(
      (await pushImages(options)).map(({ uploaded }) => uploaded),
      [false, false],
    );
  });

  it("moves a tag to another digest", async () => {
    const [one, two] = options.images;
    assert.ok(one !== undefined && two !== undefined);
    const [moved] = await pushImages({ ...options, images: [{ ...two, tag: "v1" }] });
    assert.equal(moved?.uploaded, true);
    assert.equal((await ask("/v2/truealpha/tiny/manifests/v1")).digest, two.digest);
    assert.equal((await ask(`/v2/truealpha/tiny/manifests/${one.digest}`)).status, 200);
  });

  it("says which image a wrong password kept out, without the password", async () => {
    await assert.rejects(pushImages({ ...options, password: "wr0ng-secret", images: [await image("v3")] }), (error: Error) => {
      assert.match(error.message, /^imagetool push: registry\.terrace\.test\/truealpha\/tiny:v3: .*401/s);
      assert.ok(!error.message.includes("wr0ng-secret"));
      return true;
    });
  });

  it("does not trust a registry whose authority it was not given", async () => {
    const other = await folder.make("other");
    await slotCertificates({ ...slot, directory: other });
    await assert.rejects(pushImages({ ...options, caFile: join(other, "ca", "ca.crt"), images: [await image("v4")] }), {
      message: /certificate signed by unknown authority/,
    });
  });

  it("says that a file of authorities holds none", async () => {
    await writeFile(join(folder.path, "empty.crt"), "nothing");
    await assert.rejects(pushImages({ ...options, caFile: join(folder.path, "empty.crt") }), {
      message: /empty\.crt: holds no PEM certificate$/m,
    });
  });

  async function image(tag: string): Promise<PushOptions["images"][number]> {
    const shared = await filesLayer("test, shared", [{ path: "shared", mode: 0o644, content: "shared" }]);
    const own = await filesLayer("test, own", [{ path: "version", mode: 0o644, content: tag }]);
    const health = { command: ["/ok"], intervalSeconds: 5, timeoutSeconds: 5, retries: 1, startPeriodSeconds: 1, startIntervalSeconds: 1 };
    const config = { description: "for a test", entrypoint: ["/none"], health };
    const identity = { repository: "truealpha/tiny", tag, epochSeconds, architecture: "amd64" } as const;
    const documents = imageDocuments(identity, config, [shared, own]);
    return { repository: "truealpha/tiny", tag, digest: documents.digest, layout: await imageLayout(documents, [shared, own]) };
  }

  async function ask(path: string): Promise<{ status: number | undefined; digest: string | undefined; body: string }> {
    const ca = await readFile(slot.caCertificate);
    return new Promise((resolve, reject) => {
      const headers = {
        host: "registry.terrace.test",
        accept: mediaType,
        authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
      };
      const asked = request(
        { host: slot.registry.ipv4, port: 443, servername: "registry.terrace.test", path, ca, headers, agent: false },
        (response) => {
          let body = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => (body += chunk));
          response.on("end", () =>
            resolve({ status: response.statusCode, digest: response.headers["docker-content-digest"] as string | undefined, body }),
          );
        },
      );
      asked.once("error", reject);
      asked.end();
    });
  }
});
