import assert from "node:assert/strict";
import { Secret } from "../../../../../sandbox/plugins/base/index.ts";
import { cloudflareProvider } from "../../../../../sandbox/plugins/cloudflare/provider.ts";
import { connect } from "../../support/providerClient.ts";
import type { ProviderClient } from "../../support/providerClient.ts";
import { startScriptedApi } from "./scriptedApi.ts";
import type { ScriptedApi } from "./scriptedApi.ts";

export const apiToken = "token-of-the-test-0123456789-0123456789-0123";
export const zoneId = "023e105f4ecef8ad9ca31a8372d0c353";

/** The provider, served over gRPC, and the API that it talks to. */
export interface ConnectedProvider {
  readonly api: ScriptedApi;
  readonly provider: ProviderClient;
  /** Method, path and body of everything asked since the last time. */
  asked(): readonly unknown[];
}

/** Starts both for the tests of a `describe`, and fails a test that leaves requests which it did not look at. */
export function connectedProvider(): ConnectedProvider {
  let api: ScriptedApi | undefined;
  let provider: ProviderClient | undefined;
  const started = <T>(thing: T | undefined): T => {
    assert.ok(thing !== undefined, "used before the tests began");
    return thing;
  };
  before(async () => {
    api = await startScriptedApi();
    provider = await connect(cloudflareProvider, { apiToken: new Secret(apiToken), baseUrl: api.baseUrl });
  });
  afterEach(() => assert.deepEqual(started(api).take(), [], "requests that the test did not expect"));
  after(async () => {
    provider?.close();
    await api?.close();
  });
  return {
    get api() {
      return started(api);
    },
    get provider() {
      return started(provider);
    },
    asked: () =>
      started(api)
        .take()
        .map(({ method, path, body }) => (body === undefined ? [method, path] : [method, path, body])),
  };
}
