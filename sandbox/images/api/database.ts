import pg from "pg";
import type { Settings } from "./settings.ts";

export interface Note {
  readonly id: number;
  readonly text: string;
  /** ISO 8601. */
  readonly at: string;
}

/** What the API asks PostgreSQL. Every call rejects within seconds when the server cannot be reached. */
export interface Database {
  ping(): Promise<void>;
  version(): Promise<string>;
  /** How many notes there are. */
  rows(): Promise<number>;
  addNote(text: string): Promise<Note>;
  notes(last: number): Promise<readonly Note[]>;
  close(): Promise<void>;
}

/** Two releases may start side by side on an empty database: the lock makes them take turns. */
const schema = `
  SELECT pg_advisory_xact_lock(7370616);
  CREATE TABLE IF NOT EXISTS note (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
  );`;

/** Connects lazily, so that the API starts and answers its health check while the database does not. */
export function openDatabase(settings: Settings["postgres"]): Database {
  const pool = new pg.Pool({
    ...settings,
    max: 8,
    connectionTimeoutMillis: 3000,
    query_timeout: 5000,
    idleTimeoutMillis: 30_000,
    application_name: "truealpha-api",
  });
  // Without a listener a lost idle connection would end the process; the next query opens a new one.
  pool.on("error", () => undefined);
  let ready: Promise<unknown> | undefined;
  const prepared = async (): Promise<pg.Pool> => {
    ready ??= pool.query(`BEGIN; ${schema} COMMIT;`);
    try {
      await ready;
    } catch (error) {
      ready = undefined;
      throw error;
    }
    return pool;
  };
  return {
    ping: async () => {
      await pool.query("SELECT 1");
    },
    version: async () => {
      const { rows } = await pool.query<{ server_version: string }>("SHOW server_version");
      return first(rows).server_version;
    },
    rows: async () => {
      const { rows } = await (await prepared()).query<{ count: string }>("SELECT count(*) FROM note");
      return Number(first(rows).count);
    },
    addNote: async (text) => {
      const { rows } = await (await prepared()).query<NoteRow>("INSERT INTO note (text) VALUES ($1) RETURNING id, text, at", [text]);
      return note(first(rows));
    },
    notes: async (last) => {
      const { rows } = await (await prepared()).query<NoteRow>("SELECT id, text, at FROM note ORDER BY id DESC LIMIT $1", [last]);
      return rows.map(note);
    },
    close: () => pool.end(),
  };
}

interface NoteRow {
  readonly id: string;
  readonly text: string;
  readonly at: Date;
}

function note(row: NoteRow): Note {
  return { id: Number(row.id), text: row.text, at: row.at.toISOString() };
}

function first<Row>(rows: readonly Row[]): Row {
  const row = rows[0];
  if (row === undefined) throw new Error("PostgreSQL: no row where one was expected");
  return row;
}
