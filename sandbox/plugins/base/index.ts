export { defineProvider, definitionsFor } from "./definition.ts";
export type {
  CheckFailure,
  Difference,
  DiffRequest,
  FunctionDefinition,
  Log,
  OperationContext,
  Outputs,
  PropertyDifference,
  ProviderDefinition,
  ResourceDefinition,
  State,
} from "./definition.ts";
export { InitializationError, NotImplementedError } from "./errors.ts";
export type { Plain, PlainProperties, Property, PropertyTable, PropertyType } from "./property.ts";
export { Asset, containsSecret, containsUnknown, isList, isObject, sameValue, Secret, Unknown, unknown } from "./value.ts";
export type { AssetSource, Properties, Value } from "./value.ts";
