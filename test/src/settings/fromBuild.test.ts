import assert from "node:assert/strict";
import { readStackFile } from "../../../src/settings/stackFile.ts";
import { type CheckoutFiles, goodAppFiles, goodSettings, makeCheckout, reference, stackFile } from "./checkout.ts";
import { changed, faultsOf } from "./faultsOf.ts";

describe("images from a build", () => {
  const fromBuild = changed(
    changed(changed(goodSettings, "apps.shop.images", "fromBuild"), "apps.shop.release", undefined),
    "platform.ingress.image",
    "fromBuild",
  );
  const build = { commit: "0123abcd", time: "2026-11-21T10:00:00Z" };
  const good = {
    shop: { ...build, images: { web: reference("web"), database: reference("database"), unused: reference("unused") } },
    platform: { ...build, images: { ingress: reference("traefik") } },
  };
  const withDigests = (digests: unknown): CheckoutFiles => ({ "image-digests.json": JSON.stringify(digests) });

  it("need image-digests.json", () => {
    assert.deepEqual(faultsOf(fromBuild), [
      'apps.shop.images: is "fromBuild", but there is no image-digests.json; run "npm run promote -- staging --app shop --digests image-digests.json", or build the images (npm start does in the sandbox)',
      'platform.ingress.image: is "fromBuild", but there is no image-digests.json; write its pinned reference here, or build the images (npm start does in the sandbox)',
    ]);
  });

  it("need every service in it", () => {
    const faults = faultsOf(
      fromBuild,
      withDigests({ shop: { ...build, images: { web: reference("web") } }, platform: { ...build, images: {} } }),
    );
    assert.deepEqual(faults, [
      "image-digests.json: platform.images.ingress: is missing; build its image",
      "image-digests.json: shop.images.database: is missing: apps/shop/compose.yaml has this service; build its image",
    ]);
  });

  it("need their app in it", () => {
    assert.deepEqual(faultsOf(fromBuild, withDigests({ platform: good.platform })), [
      'apps.shop.images: is "fromBuild", but image-digests.json has no "shop"; run "npm run promote -- staging --app shop --digests image-digests.json", or build its images',
    ]);
  });

  it("must be pinned there too", () => {
    assert.deepEqual(faultsOf(fromBuild, withDigests({ ...good, shop: { ...build, commit: 7, images: { web: "web:1" } } })), [
      'image-digests.json: shop.commit: must be text, got 7; for example "9f2c41d"',
      'image-digests.json: shop.images.web: must be pinned by digest: "registry/repository:tag@sha256:<64 hex>", got "web:1"; its push printed the digest, and "docker buildx imagetools inspect" shows it',
    ]);
  });

  it("are not promoted as well", () => {
    const both = changed(fromBuild, "apps.shop.release", goodSettings.apps.shop.release);
    assert.deepEqual(faultsOf(both, withDigests(good)), [
      'apps.shop.release: must not stand beside "images: fromBuild", whose file says it; remove it, or run "npm run promote -- staging --app shop --digests image-digests.json"',
    ]);
  });

  it("bring their provenance along, the same each time", () => {
    const root = makeCheckout({ "Pulumi.staging.yaml": stackFile(fromBuild), ...goodAppFiles, ...withDigests(good) });
    const { apps, platform } = readStackFile("staging", root);
    assert.deepEqual(apps["shop"]?.images, { web: reference("web"), database: reference("database") });
    assert.deepEqual(apps["shop"].release, { version: "0123abcd", commit: "0123abcd", requestedBy: "image-digests.json", run: "local" });
    assert.equal(platform.mode === "own" && platform.ingress.image, reference("traefik"));
  });
});
