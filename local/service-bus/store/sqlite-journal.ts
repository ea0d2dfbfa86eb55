/** The journal in one SQLite file: one transaction a turn, restored whole at start. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { MessageContent } from '../codec/content.ts';
import type { Journal } from '../engine/journal.ts';
import type { BrokerMessage, MessageState } from '../engine/message.ts';

const schemaVersion = 1;

/** A message's key: its entity's id above its sequence number, so that one index is enough and new rows are appended. */
const sequenceRange = 2 ** 40;

const schema = `
  CREATE TABLE entity (id INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL, last_sequence INTEGER NOT NULL);
  CREATE TABLE message (
    key INTEGER PRIMARY KEY, enqueued_sequence INTEGER NOT NULL, enqueued_at INTEGER NOT NULL,
    delivery_count INTEGER NOT NULL, state TEXT NOT NULL, scheduled_for INTEGER, expires_at INTEGER,
    dead_letter_source TEXT, content BLOB NOT NULL
  );
  CREATE TABLE duplicate (
    entity INTEGER NOT NULL, message_id TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (entity, message_id)
  ) WITHOUT ROWID;
  CREATE TABLE session (
    entity INTEGER NOT NULL, session_id TEXT NOT NULL, state BLOB NOT NULL, changed_at INTEGER NOT NULL,
    PRIMARY KEY (entity, session_id)
  ) WITHOUT ROWID;
  CREATE TABLE definition (path TEXT PRIMARY KEY, definition TEXT NOT NULL) WITHOUT ROWID;
  PRAGMA user_version = ${schemaVersion};
`;

const sql = {
  putEntity: 'INSERT INTO entity (path, last_sequence) VALUES (?, 0)',
  putSequence: 'UPDATE entity SET last_sequence = ? WHERE id = ?',
  putMessage: 'INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  deleteMessage: 'DELETE FROM message WHERE key = ?',
  deleteMessages: 'DELETE FROM message WHERE key BETWEEN ? AND ?',
  messages: 'SELECT * FROM message WHERE key BETWEEN ? AND ? ORDER BY key',
  putDuplicate: 'INSERT OR REPLACE INTO duplicate VALUES (?, ?, ?)',
  deleteDuplicate: 'DELETE FROM duplicate WHERE entity = ? AND message_id = ?',
  deleteDuplicates: 'DELETE FROM duplicate WHERE entity = ?',
  duplicates: 'SELECT message_id, until FROM duplicate WHERE entity = ? ORDER BY until',
  putSession: 'INSERT OR REPLACE INTO session VALUES (?, ?, ?, ?)',
  deleteSession: 'DELETE FROM session WHERE entity = ? AND session_id = ?',
  deleteSessions: 'DELETE FROM session WHERE entity = ?',
  sessions: 'SELECT session_id, state, changed_at FROM session WHERE entity = ?',
  putDefinition: 'INSERT OR REPLACE INTO definition VALUES (?, ?)',
  deleteDefinition: 'DELETE FROM definition WHERE path = ?',
  definitions: 'SELECT definition FROM definition ORDER BY length(path)',
  begin: 'BEGIN',
  commit: 'COMMIT',
} as const;

interface Entity {
  readonly id: number;
  lastSequence: number;
}

interface MessageRow {
  key: number;
  enqueued_sequence: number;
  enqueued_at: number;
  delivery_count: number;
  state: MessageState;
  scheduled_for: number | null;
  expires_at: number | null;
  dead_letter_source: string | null;
  content: Uint8Array;
}

/** A journal in `folder`, which is made if need be; only one broker at a time can have it. */
export class SqliteJournal implements Journal {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #entities = new Map<string, Entity>();
  /** Messages as they are when the turn is committed; undefined for those that are gone. */
  #messages = new Map<number, BrokerMessage | undefined>();
  #sequences = new Set<Entity>();
  #changes: (() => void)[] = [];

  /** @throws Error if the folder is used by another broker or holds a journal of another version */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#database = new DatabaseSync(join(folder, 'journal.db'));
    this.#open(folder);
    for (const row of this.#database.prepare('SELECT id, path, last_sequence FROM entity').iterate()) {
      const { id, path, last_sequence } = row as unknown as {
        id: number;
        path: string;
        last_sequence: number;
      };
      this.#entities.set(path, { id, lastSequence: last_sequence });
    }
  }

  /** The highest number ever given under a path, 0 if there was none. */
  lastSequenceNumber(path: string): number {
    return this.#entities.get(path.toLowerCase())?.lastSequence ?? 0;
  }

  /** Paths of which something is kept. */
  get paths(): string[] {
    return [...this.#entities.keys()];
  }

  /** Definitions of entities, topics before their subscriptions. */
  get definitions(): string[] {
    return this.#run(sql.definitions)
      .all()
      .map((row) => String(row.definition));
  }

  /** The messages of an entity, in order. */
  *messages(path: string): Generator<BrokerMessage> {
    const { id } = this.#entity(path);
    for (const row of this.#run(sql.messages).iterate(...keyRange(id))) {
      yield toMessage(row as unknown as MessageRow);
    }
  }

  /** The ids an entity remembers, those to be forgotten first ahead. */
  duplicates(path: string): { messageId: string; until: number }[] {
    const rows = this.#run(sql.duplicates).all(this.#entity(path).id);
    return rows.map((row) => ({ messageId: String(row.message_id), until: Number(row.until) }));
  }

  sessionStates(path: string): { sessionId: string; state: Buffer; changedAt: number }[] {
    const rows = this.#run(sql.sessions).all(this.#entity(path).id);
    return rows.map((row) => ({
      sessionId: String(row.session_id),
      state: Buffer.from(row.state as Uint8Array),
      changedAt: Number(row.changed_at),
    }));
  }

  putMessage(path: string, message: BrokerMessage): void {
    this.#messages.set(this.#key(path, message.sequenceNumber), message);
  }

  deleteMessage(path: string, sequenceNumber: number): void {
    this.#messages.set(this.#key(path, sequenceNumber), undefined);
  }

  putSequenceNumber(path: string, last: number): void {
    const entity = this.#entity(path);
    entity.lastSequence = last;
    this.#sequences.add(entity);
  }

  putDuplicate(path: string, messageId: string, until: number): void {
    const { id } = this.#entity(path);
    this.#changes.push(() => this.#run(sql.putDuplicate).run(id, messageId, until));
  }

  deleteDuplicate(path: string, messageId: string): void {
    const { id } = this.#entity(path);
    this.#changes.push(() => this.#run(sql.deleteDuplicate).run(id, messageId));
  }

  putSessionState(path: string, sessionId: string, state: Buffer, changedAt: number): void {
    const { id } = this.#entity(path);
    this.#changes.push(() => this.#run(sql.putSession).run(id, sessionId, state, changedAt));
  }

  deleteSessionState(path: string, sessionId: string): void {
    const { id } = this.#entity(path);
    this.#changes.push(() => this.#run(sql.deleteSession).run(id, sessionId));
  }

  deleteEntity(path: string): void {
    const { id } = this.#entity(path);
    const [first, last] = keyRange(id);
    for (const key of this.#messages.keys()) if (key >= first && key <= last) this.#messages.delete(key);
    this.#changes.push(() => {
      this.#run(sql.deleteMessages).run(first, last);
      this.#run(sql.deleteDuplicates).run(id);
      this.#run(sql.deleteSessions).run(id);
    });
  }

  putDefinition(path: string, definition: string): void {
    this.#changes.push(() => this.#run(sql.putDefinition).run(path.toLowerCase(), definition));
  }

  deleteDefinition(path: string): void {
    this.#changes.push(() => this.#run(sql.deleteDefinition).run(path.toLowerCase()));
  }

  commit(): void {
    if (this.#messages.size + this.#sequences.size + this.#changes.length === 0) return;
    this.#run(sql.begin).run();
    for (const change of this.#changes) change();
    for (const [key, message] of this.#messages) this.#writeMessage(key, message);
    for (const { id, lastSequence } of this.#sequences) this.#run(sql.putSequence).run(lastSequence, id);
    this.#run(sql.commit).run();
    this.#changes = [];
    this.#messages = new Map();
    this.#sequences = new Set();
  }

  close(): void {
    this.#database.close();
  }

  #open(folder: string): void {
    try {
      // One broker only, and what is committed survives the process; NORMAL spares the disk a sync a turn. A commit writes
      // whole pages, and small ones hold a turn's few rows: half the bytes, and half the syncs (2,000 pages are 4 MB).
      this.#database.exec(
        'PRAGMA page_size = 2048; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; ' +
          'PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 2000; PRAGMA busy_timeout = 0',
      );
      const version = this.#database.prepare('PRAGMA user_version').get()?.user_version;
      if (version === 0) this.#database.exec(schema);
      else if (version !== schemaVersion) {
        throw new Error(
          `${folder} holds a journal of version ${String(version)}; this broker reads ${schemaVersion}.`,
        );
      }
    } catch (error) {
      this.#database.close();
      if (!/locked|busy/i.test((error as Error).message)) throw error;
      throw new Error(`${folder} is used by another broker. Stop it, or choose another folder.`, {
        cause: error,
      });
    }
  }

  #writeMessage(key: number, message: BrokerMessage | undefined): void {
    if (!message) {
      this.#run(sql.deleteMessage).run(key);
      return;
    }
    this.#run(sql.putMessage).run(
      key,
      message.enqueuedSequenceNumber,
      message.enqueuedAt,
      message.deliveryCount,
      message.state,
      message.scheduledFor ?? null,
      message.expiresAt ?? null,
      message.deadLetterSource ?? null,
      message.content.bytes,
    );
  }

  #key(path: string, sequenceNumber: number): number {
    return this.#entity(path).id * sequenceRange + sequenceNumber;
  }

  #entity(path: string): Entity {
    const name = path.toLowerCase();
    let entity = this.#entities.get(name);
    if (!entity) {
      const id = Number(this.#run(sql.putEntity).run(name).lastInsertRowid);
      entity = { id, lastSequence: 0 };
      this.#entities.set(name, entity);
    }
    return entity;
  }

  #run(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (!statement) this.#statements.set(text, (statement = this.#database.prepare(text)));
    return statement;
  }
}

const keyRange = (id: number): [first: number, last: number] => [
  id * sequenceRange,
  (id + 1) * sequenceRange - 1,
];

function toMessage(row: MessageRow): BrokerMessage {
  return {
    sequenceNumber: row.key % sequenceRange,
    enqueuedSequenceNumber: row.enqueued_sequence,
    enqueuedAt: row.enqueued_at,
    deliveryCount: row.delivery_count,
    state: row.state,
    scheduledFor: row.scheduled_for ?? undefined,
    expiresAt: row.expires_at ?? undefined,
    deadLetterSource: row.dead_letter_source ?? undefined,
    content: new MessageContent(Buffer.from(row.content)),
  };
}
