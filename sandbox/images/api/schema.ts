import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
} from "graphql";
import type { Database } from "./database.ts";
import type { Settings } from "./settings.ts";
import type { Job, Store } from "./store.ts";
import type { Version } from "./version.ts";

/** What resolvers reach. */
export interface Context {
  readonly database: Database;
  readonly store: Store;
  readonly settings: Pick<Settings, "release" | "jobTimeoutSeconds">;
  readonly version: Version;
}

const text = { type: new GraphQLNonNull(GraphQLString) };
const integer = { type: new GraphQLNonNull(GraphQLInt) };

const postgresType = new GraphQLObjectType<unknown, Context>({
  name: "Postgres",
  fields: {
    version: { ...text, resolve: (_, _arguments, { database }) => database.version() },
    rows: { ...integer, description: "How many notes the database holds.", resolve: (_, _arguments, { database }) => database.rows() },
  },
});

const redisType = new GraphQLObjectType<unknown, Context>({
  name: "Redis",
  fields: {
    counter: { ...integer, description: "Grows by one with every look.", resolve: (_, _arguments, { store }) => store.count() },
    queued: { ...integer, description: "Jobs that no worker has taken yet.", resolve: (_, _arguments, { store }) => store.queued() },
  },
});

const jobType = new GraphQLObjectType<Job>({
  name: "Job",
  fields: {
    id: { type: new GraphQLNonNull(GraphQLID) },
    state: { ...text, description: "Celery's word for it; PENDING when no worker has answered in time." },
    result: { type: GraphQLString },
    final: { type: new GraphQLNonNull(GraphQLBoolean) },
  },
});

const runsType = new GraphQLObjectType({
  name: "Runs",
  description: "As the workers counted: total above distinct means that some job ran twice.",
  fields: { total: integer, distinct: integer },
});

const beatType = new GraphQLObjectType({ name: "BeatTick", fields: { host: text, version: text, at: text } });
const noteType = new GraphQLObjectType({ name: "Note", fields: { id: integer, text, at: text } });

const jobArguments = {
  word: { type: new GraphQLNonNull(GraphQLString) },
  seconds: { type: new GraphQLNonNull(GraphQLFloat), defaultValue: 0, description: "How long the worker shall take." },
};
const lastArgument = { last: { type: new GraphQLNonNull(GraphQLInt), defaultValue: 20 } };

interface JobArguments {
  readonly word: string;
  readonly seconds: number;
}

const queryType = new GraphQLObjectType<unknown, Context>({
  name: "Query",
  fields: {
    health: { ...text, resolve: () => "healthy" },
    release: {
      type: GraphQLString,
      description: "The platform's release id.",
      resolve: (_, _arguments, { settings }) => settings.release ?? null,
    },
    version: { ...text, description: "The image's own version.", resolve: (_, _arguments, { version }) => version.version },
    postgres: { type: new GraphQLNonNull(postgresType), resolve: () => ({}) },
    redis: { type: new GraphQLNonNull(redisType), resolve: () => ({}) },
    job: {
      type: new GraphQLNonNull(jobType),
      description: "Enqueues a Celery job and waits for its result.",
      args: jobArguments,
      resolve: async (_, { word, seconds }: JobArguments, { store, settings }) =>
        store.result(await store.enqueue("truealpha.shout", { word, seconds }), settings.jobTimeoutSeconds + seconds),
    },
    result: {
      type: new GraphQLNonNull(jobType),
      description: "What is known of a job that was enqueued before.",
      args: { id: { type: new GraphQLNonNull(GraphQLID) } },
      resolve: (_, { id }: { readonly id: string }, { store }) => store.result(id, 0),
    },
    runs: { type: new GraphQLNonNull(runsType), resolve: (_, _arguments, { store }) => store.runs() },
    beat: {
      type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(beatType))),
      args: lastArgument,
      resolve: (_, { last }: { readonly last: number }, { store }) => store.beatTicks(last),
    },
    notes: {
      type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(noteType))),
      args: lastArgument,
      resolve: (_, { last }: { readonly last: number }, { database }) => database.notes(last),
    },
  },
});

const mutationType = new GraphQLObjectType<unknown, Context>({
  name: "Mutation",
  fields: {
    note: {
      type: new GraphQLNonNull(noteType),
      args: { text: { type: new GraphQLNonNull(GraphQLString) } },
      resolve: (_, { text: content }: { readonly text: string }, { database }) => database.addNote(content),
    },
    enqueue: {
      type: new GraphQLNonNull(GraphQLID),
      description: "Enqueues a Celery job and does not wait.",
      args: jobArguments,
      resolve: (_, { word, seconds }: JobArguments, { store }) => store.enqueue("truealpha.shout", { word, seconds }),
    },
  },
});

export const schema = new GraphQLSchema({ query: queryType, mutation: mutationType });
