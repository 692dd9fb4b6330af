import { z } from "zod";
import { ServiceName, VariableName } from "./names.ts";
import { Fingerprint } from "./manifest.ts";

/** The kernel refuses a single environment string over 128 KiB (MAX_ARG_STRLEN), name and `=` included; a NUL would end it early. */
export const maximumValueBytes = 131_072 - 256;

export const SecretValue = z
  .string()
  .refine((value) => !value.includes("\0"), "must not contain a NUL character")
  .refine((value) => Buffer.byteLength(value) <= maximumValueBytes, `must be at most ${maximumValueBytes} bytes`);

export const SecretVariable = z.strictObject({
  value: SecretValue,
  /** What a rollback gives the old release: its own value, or the latest (for credentials that others can revoke). */
  onRollback: z.enum(["release", "latest"]),
});

/** What the containers of one part of an instance see. */
export const SecretSet = z.strictObject({
  part: z.enum(["app", "data"]),
  fingerprint: Fingerprint,
  variables: z.record(VariableName, SecretVariable),
  services: z.array(ServiceName),
});
export type SecretSet = z.infer<typeof SecretSet>;

/**
 * Variables that change how the `docker compose` process itself works. A secret of that name would reach it, since values are handed over
 * in its environment, so such names are refused.
 */
const composeProcessVariables =
  /^(?:COMPOSE_|DOCKER_|BUILDKIT_|BUILDX_|LD_|GODEBUG$|GOTRACEBACK$|PATH$|HOME$|USER$|LOGNAME$|SHELL$|PWD$|TMPDIR$|LANG$|LC_|SSH_|SUDO_|XDG_|TERRACE_|HTTPS?_PROXY$|NO_PROXY$|ALL_PROXY$|SSL_CERT_|OTEL_)/i;

/** Why a variable cannot be delivered by environment, or `undefined`. */
export function environmentDeliveryFault(name: string): string | undefined {
  return composeProcessVariables.test(name)
    ? "would change the docker compose process that hands it over; deliver it as a file, or give it another name"
    : undefined;
}
