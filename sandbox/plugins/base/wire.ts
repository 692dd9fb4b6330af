import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import type { JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { Asset, isObject, mapProperties, Secret, unknown, Unknown } from "./value.ts";
import type { AssetSource, Properties, Value } from "./value.ts";

/** The property that turns an object into something else, and its values (sdk/go/common/resource/sig/sig.go). */
export const signatureName = "4dabf18193072939515e22adb298388d";
export const signatures = {
  secret: "1b47061264138c4ac30d75fd1eb44270",
  asset: "c44067f5952c0a294b673a41bacd8c17",
  archive: "0def7320c3a5731c473e5ecbe6d01bc7",
  resource: "5cf8f73096256a8f31e491e813e4eb8e",
  output: "d0e6a833031e9bbcd3f4e8bde6ca49a4",
};

/** Strings that stand for a value that is not known yet, one per type (sdk/go/common/resource/plugin/rpc.go). */
const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const unknownStrings: ReadonlySet<string> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  unknownString,
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

/** Properties as the engine sends them. Undefined (no message at all) reads as no properties. */
export function readStruct(struct: Struct | undefined): Properties {
  return struct === undefined ? {} : mapProperties(struct.toJavaScript(), readValue);
}

/** Properties as the engine reads them. Undefined values cannot occur: absent properties are absent. */
export function writeStruct(properties: Properties): Struct {
  return structPb.Struct.fromJavaScript(Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, writeValue(value)])));
}

function readValue(value: Value): Value {
  if (typeof value === "string") return unknownStrings.has(value) ? unknown : value;
  if (Array.isArray(value)) return value.map(readValue);
  if (!isObject(value)) return value;
  const signature = value[signatureName];
  if (signature === undefined) return mapProperties(value, readValue);
  switch (signature) {
    case signatures.secret:
      return new Secret(readValue(value["value"] ?? null));
    case signatures.asset:
      return new Asset("asset", text(value["hash"]), readAssetSource(value));
    case signatures.archive:
      return new Asset("archive", text(value["hash"]), readArchiveSource(value));
    case signatures.output:
      return readOutput(value);
    case signatures.resource:
      return readValue(value["id"] ?? value["urn"] ?? null);
    default:
      throw new Error(`the engine sent a value with the unknown signature ${JSON.stringify(signature)}`);
  }
}

function readOutput(value: Properties): Value {
  const content = "value" in value ? readValue(value["value"] ?? null) : unknown;
  return value["secret"] === true ? new Secret(content) : content;
}

function readAssetSource(value: Properties): AssetSource {
  // Old assets arrive without contents. An empty text counts only when nothing else is there.
  if (text(value["path"]) !== "") return { path: text(value["path"]) };
  if (text(value["uri"]) !== "") return { uri: text(value["uri"]) };
  return typeof value["text"] === "string" ? { text: value["text"] } : { elided: true };
}

function readArchiveSource(value: Properties): AssetSource {
  const assets = value["assets"];
  if (isObject(assets)) return { assets: mapProperties(assets, readValue) };
  if (text(value["path"]) !== "") return { path: text(value["path"]) };
  return text(value["uri"]) === "" ? { elided: true } : { uri: text(value["uri"]) };
}

function text(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

function writeValue(value: Value): JavaScriptValue {
  if (value instanceof Unknown) return unknownString;
  if (value instanceof Secret) return { [signatureName]: signatures.secret, value: writeValue(value.value) };
  if (value instanceof Asset) return writeAsset(value);
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`${value} cannot be a property value`);
  if (Array.isArray(value)) return value.map(writeValue);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, writeValue(item)]));
  return value as null | boolean | number | string;
}

function writeAsset(asset: Asset): JavaScriptValue {
  const { source } = asset;
  const head = { [signatureName]: signatures[asset.form], hash: asset.hash };
  if ("elided" in source) return head;
  if ("assets" in source) return { ...head, assets: Object.fromEntries(Object.entries(source.assets).map(([n, v]) => [n, writeValue(v)])) };
  return { ...head, ...source };
}
