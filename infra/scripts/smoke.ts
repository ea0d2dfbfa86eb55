/**
 * Whether a deployed app works, and refuses what it must: `API_URL=https://… node infra/scripts/smoke.ts`. With SMOKE_TOKEN,
 * a token of a user made for this, it also sends that user a message and waits for it in the history. Ends with code 1
 * if anything is not as it should be.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { setting } from './commands.ts';

const url = setting('API_URL').replace(/\/$/, '');
const token = process.env.SMOKE_TOKEN ?? '';
const failures: string[] = [];

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${url}/api/${path}`, { ...init, signal: AbortSignal.timeout(30_000) });

const check = async (what: string, isRight: () => Promise<string | undefined>): Promise<void> => {
  const start = performance.now();
  const problem = await isRight().catch((error: unknown) => String(error));
  const ms = Math.round(performance.now() - start);
  console.log(problem === undefined ? `ok      ${what} (${ms} ms)` : `FAILED  ${what}: ${problem}`);
  if (problem !== undefined) failures.push(what);
};

const answers = async (expected: number, path: string, init?: RequestInit): Promise<string | undefined> => {
  const response = await ask(path, init);
  await response.arrayBuffer(); // what is not read keeps the script from ending
  return response.status === expected ? undefined : `${response.status}, not ${expected}`;
};

const json = { 'content-type': 'application/json' };
const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { ...json, ...headers },
  body: JSON.stringify(body),
});

await check('the app lives', () => answers(200, 'health/live'));
await check('it reaches its storage', () => answers(200, 'health/ready'));
await check('it describes itself', () => answers(200, 'openapi.json'));
await check('it refuses who has no token', async () => {
  const response = await ask('sendMessage', post({ receiverId: 'nobody', messageText: 'Hello' }));
  const { code } = (await response.json()) as { code?: string };
  return response.status === 401 && code === 'unauthenticated'
    ? undefined
    : `${response.status} ${code ?? ''}`;
});
await check('it takes no events from anybody but Web PubSub', async () => {
  const headers = { 'ce-hub': 'chat', 'ce-type': 'azure.webpubsub.sys.connect', 'ce-connectionid': 'smoke' };
  return answers(401, 'webpubsub/events', post({}, headers));
});
await check('it tells no other service that it may send events', async () =>
  answers(403, 'webpubsub/events', {
    method: 'OPTIONS',
    headers: { 'webhook-request-origin': 'example.com' },
  }),
);
if (url.startsWith('https:'))
  await check('it leads from http to https', async () => {
    const response = await fetch(`${url.replace(/^https/, 'http')}/api/health/live`, { redirect: 'manual' });
    await response.arrayBuffer();
    return [301, 302, 307, 308].includes(response.status) ? undefined : `answers ${response.status}`;
  });

/** Sends a message and looks for it: the way through the queue, the worker and the tables. */
const delivers = async (): Promise<string | undefined> => {
  const headers = { authorization: `Bearer ${token}` };
  const clientMessageId = randomUUID();
  const receiverId = process.env.SMOKE_RECEIVER ?? 'parley-smoke';
  const sent = await ask('sendMessage', post({ receiverId, messageText: 'Smoke', clientMessageId }, headers));
  if (sent.status !== 202) return `sending answers ${sent.status}`;
  const { conversationId } = (await sent.json()) as { conversationId: string };
  for (let tries = 0; tries < 30; tries++) {
    const history = await ask(`conversations/${encodeURIComponent(conversationId)}/messages`, { headers });
    const text = await history.text();
    if (history.ok && text.includes(clientMessageId)) return undefined;
    await sleep(1000);
  }
  return 'the message is not in the history after half a minute';
};
if (token === '') console.log('skipped  sending a message: there is no SMOKE_TOKEN');
else {
  await check('it gives clients a URL to connect to', () =>
    answers(200, 'negotiate', { method: 'POST', headers: { authorization: `Bearer ${token}` } }),
  );
  await check('a message that is sent is delivered', delivers);
}

process.exitCode = failures.length === 0 ? 0 : 1;
