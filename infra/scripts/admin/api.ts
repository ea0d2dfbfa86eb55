import { existsSync, readFileSync } from 'node:fs';
import { SignJWT } from 'jose';

const localUrl = 'http://127.0.0.1:7071';
const settingsFile = 'local.settings.json';

/** A refusal of the app, as people read it. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
}

/** Asks the app. @throws ProblemError for what it refuses */
export type Ask = <T>(method: string, path: string, body?: unknown) => Promise<T>;

const isLocal = (url: string): boolean => ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);

/** On this machine whoever can read the settings may sign a token for themselves. */
const ownToken = async (url: string): Promise<string> => {
  if (!isLocal(url) || !existsSync(settingsFile))
    throw new Error('PARLEY_TOKEN is not set: a token with the role admin (docs/operations.md).');
  const { Values } = JSON.parse(readFileSync(settingsFile, 'utf8')) as { Values?: Record<string, string> };
  const key = Values?.AUTH_SIGNING_KEY ?? '';
  if (key === '') throw new Error(`PARLEY_TOKEN is not set, and ${settingsFile} has no AUTH_SIGNING_KEY.`);
  return new SignJWT({ roles: ['admin'] })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('operator')
    .setExpirationTime('5m')
    .sign(Buffer.from(key));
};

interface Problem {
  code?: string;
  detail?: string;
  traceId?: string;
  errors?: { pointer: string; detail: string }[];
}

const told = (status: number, text: string): string => {
  let problem: Problem = {};
  try {
    problem = JSON.parse(text) as Problem;
  } catch {
    // Something before the app has answered.
  }
  const { code = `HTTP ${status}`, detail = '', errors = [], traceId } = problem;
  const fields = errors.map((error) => `\n  ${error.pointer}: ${error.detail}`).join('');
  return `${code}: ${detail}${fields}${traceId === undefined ? '' : `\ntrace ${traceId}`}`;
};

/** By PARLEY_URL (default: the app on this machine) and PARLEY_TOKEN. */
export const openApi = async (): Promise<Ask> => {
  const url = (process.env.PARLEY_URL ?? localUrl).replace(/\/$/, '');
  if (!URL.canParse(url)) throw new Error(`PARLEY_URL must be the URL of the app, not ${url}.`);
  const given = process.env.PARLEY_TOKEN ?? '';
  const token = given === '' ? await ownToken(url) : given;
  return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}/api/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    }).catch((error: unknown) => {
      const { cause } = error as { cause?: { message?: string } };
      throw new ProblemError(`${url} cannot be reached: ${cause?.message ?? String(error)}`);
    });
    const text = await response.text();
    if (!response.ok) throw new ProblemError(told(response.status, text));
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
};
