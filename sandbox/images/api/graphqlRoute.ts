import { getOperationAST, GraphQLError, parse, validate, execute, type DocumentNode } from "graphql";
import { HttpError, readBody, sendJson, type Exchange } from "./http.ts";
import { schema, type Context } from "./schema.ts";

interface Operation {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

const bodyLimitBytes = 1024 * 1024;

/** GraphQL over HTTP: GET for queries, POST for everything. @see https://graphql.github.io/graphql-over-http/draft/ */
export async function graphqlRoute({ request, response, url }: Exchange, context: Context): Promise<void> {
  const operation =
    request.method === "GET"
      ? fromParameters(url.searchParams)
      : fromBody(await readBody(request, bodyLimitBytes), request.headers["content-type"]);
  const document = parsed(operation.query);
  const faults = document instanceof GraphQLError ? [document] : validate(schema, document);
  if (document instanceof GraphQLError || faults.length > 0) {
    sendJson(response, 400, { errors: faults });
    return;
  }
  if (request.method === "GET" && getOperationAST(document, operation.operationName)?.operation !== "query") {
    response.setHeader("allow", "POST");
    throw new HttpError(405, "a mutation needs POST: GET requests may be repeated by anyone on the way");
  }
  const result = await execute({
    schema,
    document,
    contextValue: context,
    variableValues: operation.variables,
    ...(operation.operationName === undefined ? {} : { operationName: operation.operationName }),
  });
  // No data at all: what the query needs is down. A proxy or a load test must see that without reading the body.
  sendJson(response, result.data === undefined ? 400 : result.data === null ? 503 : 200, result);
}

function parsed(query: string): DocumentNode | GraphQLError {
  try {
    return parse(query);
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

function fromParameters(parameters: URLSearchParams): Operation {
  const variables = parameters.get("variables");
  return operationOf({
    query: parameters.get("query") ?? undefined,
    operationName: parameters.get("operationName") ?? undefined,
    variables: variables === null ? undefined : parseJson(variables, "variables"),
  });
}

function fromBody(body: Buffer, contentType = ""): Operation {
  if (!/^application\/json\b/i.test(contentType)) throw new HttpError(415, `content-type: must be application/json, got "${contentType}"`);
  const value = parseJson(body.toString("utf8"), "body");
  if (typeof value !== "object" || value === null) throw new HttpError(400, "body: must be a JSON object");
  return operationOf(value);
}

function operationOf(value: object): Operation {
  const { query, operationName, variables } = value as Readonly<Record<string, unknown>>;
  if (typeof query !== "string" || query === "") throw new HttpError(400, "query: missing; ask for example {health}");
  if (operationName !== undefined && operationName !== null && typeof operationName !== "string")
    throw new HttpError(400, "operationName: must be text");
  if (variables !== undefined && (typeof variables !== "object" || Array.isArray(variables)))
    throw new HttpError(400, "variables: must be an object");
  return { query, operationName: operationName ?? undefined, variables: { ...variables } };
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, `${what}: is not JSON`);
  }
}
