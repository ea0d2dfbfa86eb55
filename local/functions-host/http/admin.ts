import type { IncomingMessage, ServerResponse } from 'node:http';

/** Calls a function by hand whose name is this, whatever its case; false if it is none that can be. */
export type Fire = (name: string) => boolean;

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
  fire: Fire,
): boolean {
  if (request.method === 'GET' && /^\/admin\/host\/(status|ping)\/?$/i.test(path)) {
    const status = { state: 'Running', processUptime: Math.round(process.uptime() * 1000) };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(status));
    return true;
  }
  const name = /^\/admin\/functions\/([\w-]+)\/?$/i.exec(path)?.[1];
  if (request.method !== 'POST' || name === undefined || !fire(name)) return false;
  request.resume();
  response.writeHead(202, { 'content-length': 0 }).end();
  return true;
}
