import type { IncomingMessage, ServerResponse } from 'node:http';

/** Functions that can be called by hand, by name in lower case. */
export type Fireable = ReadonlyMap<string, () => void>;

/**
 * Answers what of the real host's admin API is of use here: `GET /admin/host/status`, `GET /admin/host/ping`, and
 * `POST /admin/functions/NAME`, which fires a timer.
 *
 * @returns false for any other path
 */
export function answerAdmin(
  request: IncomingMessage,
  path: string,
  response: ServerResponse,
  fireable: Fireable,
): boolean {
  if (request.method === 'GET' && /^\/admin\/host\/(status|ping)\/?$/i.test(path)) {
    const status = { state: 'Running', processUptime: Math.round(process.uptime() * 1000) };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(status));
    return true;
  }
  const name = /^\/admin\/functions\/([\w-]+)\/?$/i.exec(path)?.[1];
  const fire = name === undefined ? undefined : fireable.get(name.toLowerCase());
  if (request.method !== 'POST' || fire === undefined) return false;
  request.resume();
  fire();
  response.writeHead(202, { 'content-length': 0 }).end();
  return true;
}
