import providerPb from "@pulumi/pulumi/proto/provider_pb.js";
import type * as provider from "@pulumi/pulumi/proto/provider_pb.js";
import type { CheckFailure, Difference, DiffRequest } from "./definition.ts";
import type { Properties } from "./value.ts";
import { readStruct, writeStruct } from "./wire.ts";

/** What changes, of an update or of the comparison before it. Engines that send no old inputs are older than any that is supported here. */
export function diffRequest(request: provider.DiffRequest | provider.UpdateRequest): DiffRequest {
  const oldState = readStruct(request.getOlds());
  const oldInputs = request.getOldInputs();
  return {
    id: request.getId(),
    inputs: readStruct(request.getNews()),
    oldInputs: oldInputs === undefined ? oldState : readStruct(oldInputs),
    oldState,
  };
}

/** `hidden` says of a top-level property whether its value must not be shown. */
export function checkResponse(
  checked: { readonly inputs: Properties; readonly failures: readonly CheckFailure[] },
  hidden: (name: string) => boolean,
): provider.CheckResponse {
  const response = new providerPb.CheckResponse();
  response.setInputs(writeStruct(checked.inputs));
  response.setFailuresList(checked.failures.map((failure) => failureMessage(withoutValue(failure, hidden))));
  return response;
}

/** The engine prints the value of the property that a failure names, secrets in clear. Where that must not be, the reason names it instead. */
function withoutValue(failure: CheckFailure, hidden: (name: string) => boolean): CheckFailure {
  const top = /^[^.[]*/.exec(failure.property)?.[0] ?? "";
  return top !== "" && hidden(top) ? { property: "", reason: `${failure.property}: ${failure.reason}` } : failure;
}

export function failureMessage({ property, reason }: CheckFailure): provider.CheckFailure {
  const message = new providerPb.CheckFailure();
  message.setProperty(property);
  message.setReason(reason);
  return message;
}

export function diffResponse(difference: Difference, stables: readonly string[]): provider.DiffResponse {
  const entries = Object.entries(difference.properties);
  const top = (paths: readonly string[]): string[] => [...new Set(paths.map((path) => /^[^.[]+/.exec(path)?.[0] ?? path))];
  const response = new providerPb.DiffResponse();
  const { DIFF_NONE, DIFF_SOME } = providerPb.DiffResponse.DiffChanges;
  response.setChanges(entries.length === 0 ? DIFF_NONE : DIFF_SOME);
  response.setDiffsList(top(entries.map(([path]) => path)));
  response.setReplacesList(top(entries.filter(([, property]) => property.replaces).map(([path]) => path)));
  response.setStablesList([...stables]);
  response.setDeletebeforereplace(difference.deleteBeforeReplace === true);
  response.setHasdetaileddiff(true);
  for (const [path, { kind, replaces }] of entries) {
    const property = new providerPb.PropertyDiff();
    property.setKind(kinds[kind][replaces ? "replacing" : "plain"]);
    response.getDetaileddiffMap().set(path, property);
  }
  return response;
}

const { ADD, ADD_REPLACE, UPDATE, UPDATE_REPLACE, DELETE, DELETE_REPLACE } = providerPb.PropertyDiff.Kind;
const kinds = {
  add: { plain: ADD, replacing: ADD_REPLACE },
  update: { plain: UPDATE, replacing: UPDATE_REPLACE },
  delete: { plain: DELETE, replacing: DELETE_REPLACE },
};
