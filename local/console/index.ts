import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { serve } from '../inspection/serve.ts';
import { Broker } from './broker.ts';
import { ConsoleError } from './errors.ts';
import { refusal, securityHeaders } from './guard.ts';
import { Inspected, type Places } from './inspected.ts';
import { consoleOperations, type Operation, type Sources } from './operations.ts';
import { Storage } from './storage.ts';

export interface ConsoleOptions {
  /** What services under inspection want to be shown. */
  readonly key: string;
  readonly places: Places;
  /** Of Service Bus. */
  readonly serviceBus: string;
  /** Of storage. */
  readonly storage: string;
}

export interface DevConsole {
  /** Serves `/dev` and below. */
  readonly url: string;
  close(): Promise<void>;
}

const files: Readonly<Record<string, { name: string; contentType: string }>> = {
  '/dev': { name: 'index.html', contentType: 'text/html; charset=utf-8' },
  '/dev/': { name: 'index.html', contentType: 'text/html; charset=utf-8' },
  '/dev/app.js': { name: 'app.ts', contentType: 'text/javascript; charset=utf-8' },
  '/dev/style.css': { name: 'style.css', contentType: 'text/css; charset=utf-8' },
};

/** Starts the console on a free port of 127.0.0.1. It asks services only while somebody looks. See README.md. */
export async function startConsole({
  key,
  places,
  serviceBus,
  storage,
}: ConsoleOptions): Promise<DevConsole> {
  const sources = {
    inspected: new Inspected(key),
    places,
    broker: new Broker(serviceBus),
    storage: new Storage(storage),
  };
  const operations = consoleOperations(sources);
  const server = createServer((request, response) => {
    void answer(request, response, operations, sources);
  });
  return serve(server);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  operations: Record<string, Operation>,
  sources: Sources,
): Promise<void> {
  const { method = 'GET' } = request;
  try {
    const reason = refusal(request);
    if (reason !== undefined) throw new ConsoleError(403, reason);
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    if (url === null) throw new ConsoleError(400, 'That is no path.');
    const { pathname, searchParams: query } = url;
    const file = method === 'GET' && Object.hasOwn(files, pathname) ? files[pathname] : undefined;
    if (file !== undefined) send(response, 200, file.contentType, await fileText(file.name));
    else if (`${method} ${pathname}` === 'GET /dev/api/live') await tellChanges(response, sources);
    else {
      const name = `${method} ${pathname.replace(/^\/dev\/api\//, '')}`;
      const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
      if (operation === undefined) throw new ConsoleError(404, `There is no ${method} ${pathname}.`);
      const body = method === 'POST' ? await readJson(request) : undefined;
      send(response, 200, 'application/json', JSON.stringify(await operation({ query, body })));
    }
  } catch (error) {
    const isKnown = error instanceof ConsoleError;
    const problem = { error: isKnown ? error.message : String(error) };
    send(response, isKnown ? error.status : 500, 'application/json', JSON.stringify(problem));
    request.resume();
  }
}

/** The page's script is written in TypeScript; what runs beside a browser needs no build for it. */
async function fileText(name: string): Promise<string> {
  const text = await readFile(new URL(`page/${name}`, import.meta.url), 'utf8');
  if (!name.endsWith('.ts')) return text;
  const { transform } = await import('esbuild');
  return (await transform(text, { loader: 'ts', target: 'es2023' })).code;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  try {
    return await json(request);
  } catch {
    throw new ConsoleError(400, 'The body is not JSON.');
  }
}

function send(response: ServerResponse, status: number, contentType: string, text: string): void {
  if (response.headersSent || response.destroyed) return;
  const length = Buffer.byteLength(text);
  response.writeHead(status, { ...securityHeaders, 'content-type': contentType, 'content-length': length });
  response.end(text);
}

/** Passes on what services tell of while this answer is being read. */
async function tellChanges(response: ServerResponse, { inspected, places }: Sources): Promise<void> {
  const ended = new AbortController();
  response.once('close', () => {
    ended.abort();
  });
  response.writeHead(200, { ...securityHeaders, 'content-type': 'text/event-stream' });
  response.write(': watching\n\n');
  const tell = (name: string): void => void response.write(`data: ${JSON.stringify({ changed: name })}\n\n`);
  const all = [...places.functions(), ...places.webPubSub(), ...places.storage()];
  await Promise.all(all.map((place) => inspected.watch(place, tell, ended.signal)));
  response.end(); // all have ended, perhaps to be started anew: the page asks again
}
