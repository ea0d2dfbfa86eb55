import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { type Served, serve } from './serve.ts';

/** What is wrong with a request, for whoever made it. */
export class InspectionError extends Error {
  override readonly name = 'InspectionError';
  readonly status: 400 | 404 | 409;

  constructor(status: 400 | 404 | 409, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Asked {
  readonly query: URLSearchParams;
  /** The JSON of a POST; undefined for GET. */
  readonly body: unknown;
}

/** Answers one request; what it returns becomes JSON. @throws InspectionError for what cannot be done */
export type Operation = (asked: Asked) => unknown;

/** Something that changes. */
export interface Watched {
  watch(onChange: () => void): () => void;
}

export interface InspectionOptions {
  /** 0 takes any free one. */
  readonly port: number;
  /** What every request must show. At least 16 characters. */
  readonly key: string | undefined;
  /** By method and path: `GET connections`. */
  readonly operations: Readonly<Record<string, Operation>>;
  /** What `GET /live` tells of, by name. */
  readonly live?: Readonly<Record<string, Watched>>;
}

export type Inspection = Served;

const liveIntervalMs = 250;
const leastKeyLength = 16;

/** Reads `--inspection-port`. @throws Error when it is no port */
export function readInspectionPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(`--inspection-port must be a number from 0 (any free port) to 65535, not "${text}".`);
}

/** Opens a service for inspection. See README.md. @throws Error when the key is missing or too short */
export async function startInspection(options: InspectionOptions): Promise<Inspection> {
  const { key = '' } = options;
  if (key.length < leastKeyLength) {
    throw new Error(`Inspection needs a key of at least ${leastKeyLength} characters in INSPECTION_KEY.`);
  }
  const isAllowed = keyCheck(key);
  const server = createServer((request, response) => {
    if (isAllowed(request.headers.authorization)) void answer(request, response, options);
    else send(response, 401, { error: 'This needs the inspection key.' });
  });
  return serve(server, options.port);
}

function keyCheck(key: string): (authorization: string | undefined) => boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(`Bearer ${key}`);
  return (authorization) => timingSafeEqual(digest(authorization ?? ''), expected);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { operations, live = {} }: InspectionOptions,
): Promise<void> {
  try {
    const url = URL.parse(request.url ?? '/', 'http://127.0.0.1');
    if (url === null) throw new InspectionError(400, 'That is no path.');
    const asked = `${request.method ?? ''} ${url.pathname.slice(1)}`;
    if (asked === 'GET live') {
      tellChanges(response, live);
      return;
    }
    const operation = Object.hasOwn(operations, asked) ? operations[asked] : undefined;
    if (operation === undefined) throw new InspectionError(404, `There is no ${asked}.`);
    const body = request.method === 'POST' ? await readJson(request) : undefined;
    send(response, 200, (await operation({ query: url.searchParams, body })) ?? {});
  } catch (error) {
    const isKnown = error instanceof InspectionError;
    send(response, isKnown ? error.status : 500, { error: isKnown ? error.message : String(error) });
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  try {
    return await json(request);
  } catch {
    throw new InspectionError(400, 'The body is not JSON.');
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

function tellChanges(response: ServerResponse, live: Readonly<Record<string, Watched>>): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': watching\n\n');
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    timer = undefined;
    for (const name of changed) response.write(`data: ${JSON.stringify({ changed: name })}\n\n`);
    changed.clear();
  };
  const ends = Object.entries(live).map(([name, watched]) =>
    watched.watch(() => {
      changed.add(name);
      timer ??= setTimeout(tell, liveIntervalMs).unref();
    }),
  );
  response.once('close', () => {
    clearTimeout(timer);
    for (const end of ends) end();
  });
}
