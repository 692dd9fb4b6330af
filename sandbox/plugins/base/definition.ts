import type { Plain, PlainProperties, PropertyTable } from "./property.ts";
import type { Properties } from "./value.ts";

/** Messages to the engine, shown live beside the resource. Sent in order; a failing engine connection never fails the operation. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
  error(message: string): void;
  /** Replaces the resource's status line on a terminal and is not kept. */
  status(message: string): void;
}

/** What an operation on a resource or a function may use besides its properties. */
export interface OperationContext<Client> {
  /** What `configure` made. */
  readonly client: Client;
  /** Logical name; empty in functions. */
  readonly name: string;
  readonly urn: string;
  /** Aborted when the engine cancels, and after the resource's `customTimeouts`. */
  readonly signal: AbortSignal;
  /** `customTimeouts` of this operation, undefined when the program sets none. */
  readonly timeoutSeconds: number | undefined;
  readonly log: Log;
}

/** Why a property is refused, as the engine shows it. `property` is a path such as `connection.host`, or empty. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

export type DifferenceKind = "add" | "update" | "delete";

export interface PropertyDifference {
  readonly kind: DifferenceKind;
  readonly replaces: boolean;
}

export interface Difference {
  /** By property path: `rules[0].expression`. Empty means that nothing changes. */
  readonly properties: Readonly<Record<string, PropertyDifference>>;
  /** Undefined leaves it to the program's `deleteBeforeReplace`. */
  readonly deleteBeforeReplace?: boolean;
}

/** Unknowns may be anywhere in these; secret marks are already taken off. */
export interface DiffRequest {
  readonly id: string;
  readonly inputs: Properties;
  readonly oldInputs: Properties;
  readonly oldState: Properties;
}

/** Some operations have nothing to wait for. */
export type Awaitable<T> = T | Promise<T>;

/** The result of an operation: the state is the inputs, overlaid with these. */
export type Outputs<I extends PropertyTable, O extends PropertyTable> = PlainProperties<O> & Partial<PlainProperties<I>>;

export type State<I extends PropertyTable, O extends PropertyTable> = PlainProperties<I> & PlainProperties<O>;

/**
 * A resource type. Everything about secrets, unknowns, defaults, type errors, refused names, detailed diffs and previews is done by the base
 * from the two tables; the functions only see plain, checked values.
 */
export interface ResourceDefinition<Client, I extends PropertyTable = PropertyTable, O extends PropertyTable = PropertyTable> {
  /** For example `random:index/randomPassword:RandomPassword`. */
  readonly token: string;
  readonly inputs: I;
  /** Outputs that are not inputs of the same name. */
  readonly outputs: O;
  /** Every replacement deletes first, whatever the program says. */
  readonly deleteBeforeReplace?: true;

  /** Rules that a table cannot express. Called in previews too, with unknowns, after the table's own checks have passed. May change inputs (canonical forms). */
  check?(
    inputs: Properties,
    request: { readonly name: string; readonly oldInputs: Properties },
  ): { readonly inputs: Properties; readonly failures: readonly CheckFailure[] };

  /** Changes the base's comparison of old and new inputs. */
  diff?(request: DiffRequest, standard: Difference): Difference;

  /** Outputs that are known already in a preview of a create or update, by name; all others are unknown (or kept, when `stable`). */
  preview?(request: { readonly inputs: Properties; readonly old: DiffRequest | undefined }): Properties;

  create(
    inputs: PlainProperties<I>,
    context: OperationContext<Client>,
  ): Awaitable<{ readonly id: string; readonly outputs: Outputs<I, O> }>;

  /** Without it every change is a replacement. */
  update?(
    request: {
      readonly id: string;
      readonly inputs: PlainProperties<I>;
      readonly oldInputs: PlainProperties<I>;
      readonly oldState: State<I, O>;
    },
    context: OperationContext<Client>,
  ): Awaitable<Outputs<I, O>>;

  /** The world's view, for refresh and import (then `inputs` and `state` are empty). `undefined`: it is gone. Without it refresh keeps the state. */
  read?(
    request: { readonly id: string; readonly inputs: Partial<PlainProperties<I>>; readonly state: Partial<State<I, O>> },
    context: OperationContext<Client>,
  ): Awaitable<{ readonly id: string; readonly inputs: PlainProperties<I>; readonly outputs: Outputs<I, O> } | undefined>;

  /** Gets what the state holds, not what the program says. Without it the resource is dropped from state only. */
  delete?(
    request: { readonly id: string; readonly inputs: PlainProperties<I>; readonly state: State<I, O> },
    context: OperationContext<Client>,
  ): Awaitable<void>;
}

/** A function (`getZone`): may run in every preview and every up. */
export interface FunctionDefinition<Client, I extends PropertyTable = PropertyTable, O extends PropertyTable = PropertyTable> {
  /** For example `cloudflare:index/getZone:getZone`. */
  readonly token: string;
  readonly inputs: I;
  readonly outputs: O;
  /** The result need not repeat the inputs: they are returned too. */
  invoke(inputs: PlainProperties<I>, context: OperationContext<Client>): Awaitable<Outputs<I, O>>;
}

/** What `serveProvider` serves. `Client` is whatever `configure` makes for the operations: a connection pool, an HTTP client. */
export interface ProviderDefinition<Client, C extends PropertyTable = PropertyTable> {
  /** Package name: `cloudflare`. */
  readonly name: string;
  /** Version of the npm package whose plugin this stands in for. */
  readonly version: string;
  /** True for providers that upstream makes with pulumi-go-provider (command): there `secret(x)` and `x` differ. False for bridged ones. */
  readonly secretnessIsADifference: boolean;
  readonly config: C;
  /** Configuration names whose change replaces the provider and with it all of its resources. */
  readonly configReplaces?: readonly string[];
  /** Rules that the table cannot express; unknowns possible. */
  checkConfig?(config: Properties): readonly CheckFailure[];
  /** Called once, in previews too, unless a value is unknown. May be slow: requests wait for it. */
  configure(config: PlainProperties<C>): Awaitable<Client>;
  readonly resources: readonly ResourceDefinition<Client>[];
  readonly functions: readonly FunctionDefinition<Client>[];
}

/** Helpers that infer the property types of each definition for one kind of client. */
export interface Definitions<Client> {
  resource<const I extends PropertyTable, const O extends PropertyTable>(
    definition: ResourceDefinition<Client, I, O>,
  ): ResourceDefinition<Client>;
  function<const I extends PropertyTable, const O extends PropertyTable>(
    definition: FunctionDefinition<Client, I, O>,
  ): FunctionDefinition<Client>;
}

/**
 * `const define = definitionsFor<HttpClient>(); export const dnsRecord = define.resource({ token, inputs, outputs, create, … });`
 *
 * The typed definition is used as an untyped one from here on. That is sound because the service checks every value against the same tables
 * before it calls a function of the definition.
 */
export function definitionsFor<Client>(): Definitions<Client> {
  return {
    resource: (definition) => definition as unknown as ResourceDefinition<Client>,
    function: (definition) => definition as unknown as FunctionDefinition<Client>,
  };
}

/** As `definitionsFor`, for the provider itself. */
export function defineProvider<Client, const C extends PropertyTable>(
  definition: ProviderDefinition<Client, C>,
): ProviderDefinition<Client> {
  return definition as unknown as ProviderDefinition<Client>;
}

export type { Plain };
