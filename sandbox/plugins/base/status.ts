import grpc from "@grpc/grpc-js";
import providerPb from "@pulumi/pulumi/proto/provider_pb.js";
import statusPb from "@pulumi/pulumi/proto/status_pb.js";
import anyPb from "google-protobuf/google/protobuf/any_pb.js";
import { InitializationError, NotImplementedError } from "./errors.ts";
import { writeStruct } from "./wire.ts";

/** An error's text travels as a header; the engine's side refuses header lists of more than 16 MiB, percent-encoding included. */
const longestMessage = 1 << 20;

/** The form in which the gRPC server wants an error. Unknown is the code that a plain error has in official plugins. */
export function statusOf(error: unknown): grpc.ServiceError {
  const message = shortened(error instanceof Error ? error.message : String(error));
  const code = error instanceof NotImplementedError ? grpc.status.NOT_FOUND : grpc.status.UNKNOWN;
  const metadata = new grpc.Metadata();
  if (error instanceof InitializationError) metadata.add("grpc-status-details-bin", partialState(error, message));
  return Object.assign(new Error(message), { code, details: message, metadata });
}

/** `google.rpc.Status` with the state of a resource that exists but is not in order: Node's gRPC has no such thing itself. */
function partialState(error: InitializationError, message: string): Buffer {
  const detail = new providerPb.ErrorResourceInitFailed();
  detail.setId(error.id);
  detail.setProperties(writeStruct(error.outputs));
  detail.setReasonsList([...error.reasons]);
  const any = new anyPb.Any();
  any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new statusPb.Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(message);
  status.addDetails(any);
  return Buffer.from(status.serializeBinary());
}

function shortened(message: string): string {
  const text = message.toWellFormed();
  if (text.length <= longestMessage) return text;
  const half = longestMessage / 2;
  return `${text.slice(0, half)}\n[${text.length - longestMessage} characters left out]\n${text.slice(-half)}`.toWellFormed();
}
