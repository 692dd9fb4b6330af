import assert from "node:assert/strict";
import { noteWithRemains } from "../../../host/state/remains.ts";

describe("host/state/remains", () => {
  it("keeps what stays in the history: a live display loses the lines", () => {
    assert.equal(
      noteWithRemains("shop-prod is out of service", ["3 releases in /srv/releases/stacks/shop-prod", "volume shop-prod_database"]),
      "shop-prod is out of service; stays: 3 releases in /srv/releases/stacks/shop-prod; volume shop-prod_database",
    );
    assert.equal(noteWithRemains("shop-prod is out of service", []), "shop-prod is out of service");
  });
});
