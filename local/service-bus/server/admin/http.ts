/** The administration API over HTTP: paths and methods to operations. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { trimSlashes } from '../../codec/trim-slashes.ts';
import { BrokerError, entityNotFound, invalidRequest } from '../../engine/errors.ts';
import type { Namespace } from '../../engine/namespace.ts';
import { Administration } from './administration.ts';
import type { Resource } from './administration.ts';
import { element, renderEntry, renderError, renderFeed } from './atom.ts';
import type { AtomEntry } from './atom.ts';

const maxBodySize = 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Handles requests of `ServiceBusAdministrationClient`; an answer means that the change is durable. */
export function administrationHandler(
  namespace: Namespace,
): (request: IncomingMessage, response: ServerResponse) => void {
  const administration = new Administration(namespace);
  return (request, response) => {
    readBody(request).then(
      (body) => {
        const { status, body: text } = answer(administration, request, body);
        namespace.services.turn.afterCommit(() => {
          response.writeHead(status, { 'content-type': 'application/atom+xml;type=entry;charset=utf-8' });
          response.end(text);
        });
      },
      () => {
        response.writeHead(413).end();
      },
    );
  };
}

function answer(administration: Administration, request: IncomingMessage, body: string): Answer {
  try {
    return route(administration, request, body);
  } catch (error) {
    const status = error instanceof BrokerError ? error.statusCode : 500;
    return { status, body: renderError(status, error instanceof Error ? error.message : String(error)) };
  }
}

function route(administration: Administration, request: IncomingMessage, body: string): Answer {
  const host = request.headers.host ?? 'localhost';
  const url = new URL(request.url ?? '/', 'http://localhost');
  const path = decodePath(url.pathname);
  if (request.method === 'GET') {
    if (path.toLowerCase() === '$namespaceinfo')
      return { status: 200, body: renderEntry(host, namespaceEntry()) };
    const listed = list(administration, path);
    if (listed) return { status: 200, body: renderPage(host, path, listed, url.searchParams) };
    return { status: 200, body: renderEntry(host, administration.get(toResource(path))) };
  }
  if (request.method === 'DELETE') {
    administration.delete(toResource(path));
    return { status: 200, body: '' };
  }
  if (request.method !== 'PUT')
    throw new BrokerError('amqp:not-allowed', 405, `${String(request.method)} is not known.`);
  if (request.headers['if-match'] === '*') {
    return { status: 200, body: renderEntry(host, administration.update(toResource(path), body)) };
  }
  return { status: 201, body: renderEntry(host, administration.create(toResource(path), body)) };
}

/** The entries a collection's path names; undefined if it names no collection. */
function list(administration: Administration, path: string): AtomEntry[] | undefined {
  if (/^\$resources\/queues$/i.test(path)) return administration.queues();
  if (/^\$resources\/topics$/i.test(path)) return administration.topics();
  const rules = /^(.+)\/subscriptions\/([^/]+)\/rules$/i.exec(path);
  if (rules) return administration.rules(rules[1] ?? '', rules[2] ?? '');
  const subscriptions = /^(.+)\/subscriptions$/i.exec(path);
  return subscriptions ? administration.subscriptions(subscriptions[1] ?? '') : undefined;
}

function toResource(path: string): Resource {
  const rule = /^(.+)\/subscriptions\/([^/]+)\/rules\/([^/]+)$/i.exec(path);
  if (rule) return { kind: 'rule', topic: rule[1] ?? '', subscription: rule[2] ?? '', name: rule[3] ?? '' };
  const subscription = /^(.+)\/subscriptions\/([^/]+)$/i.exec(path);
  if (subscription)
    return { kind: 'subscription', topic: subscription[1] ?? '', name: subscription[2] ?? '' };
  if (path === '' || path.startsWith('$')) throw entityNotFound(path);
  return { kind: 'entity', path };
}

function renderPage(host: string, path: string, entries: AtomEntry[], parameters: URLSearchParams): string {
  const skip = Number(parameters.get('$skip') ?? 0);
  const top = Number(parameters.get('$top') ?? 100);
  if (!(skip >= 0) || !(top > 0)) throw invalidRequest('$skip and $top must be numbers, $top above zero.');
  const end = skip + top;
  const next = end < entries.length ? `$skip=${end}&$top=${top}` : undefined;
  return renderFeed(host, path, entries.slice(skip, end), next);
}

function namespaceEntry(): AtomEntry {
  const started = new Date(0).toISOString();
  const body = [
    element('CreatedTime', started),
    element('MessagingSKU', 'Standard'),
    element('ModifiedTime', started),
    element('Name', 'local'),
    element('NamespaceType', 'Messaging'),
  ];
  return { path: '$namespaceinfo', kind: 'NamespaceInfo', body: body.join('') };
}

function decodePath(pathname: string): string {
  try {
    return trimSlashes(decodeURIComponent(pathname));
  } catch {
    throw invalidRequest('The path is not valid.');
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > maxBodySize) throw new Error('The body is too large.');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
