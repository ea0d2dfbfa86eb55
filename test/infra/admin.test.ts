import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

/** Stands in for the app: notes how it is asked, and answers as it is told to. */
const answers = new Map<string, { status: number; body?: unknown }[]>();
let asked: { call: string; authorization: string | undefined; body: string }[] = [];
const server = createServer((request, response) => {
  void (async () => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const call = `${request.method} ${request.url}`;
    asked.push({ call, authorization: request.headers.authorization, body });
    const waiting = answers.get(call) ?? [];
    const answer = waiting.length > 1 ? waiting.shift() : waiting[0];
    response.writeHead(answer?.status ?? 404, { 'content-type': 'application/json' });
    response.end(answer?.body === undefined ? '' : JSON.stringify(answer.body));
  })();
});
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
  answers.clear();
  asked = [];
});

const admin = (args: string[], env: Record<string, string> = { PARLEY_URL: url, PARLEY_TOKEN: 'a-token' }) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) =>
    execFile(process.execPath, ['infra/scripts/admin.ts', ...args], { env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    ),
  );

describe('the operators’ command', () => {
  it('says what there is when it is asked for nothing', async () => {
    expect(await admin([])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Usage: npm run admin/) as string,
    });
  });

  it.each([
    [['nonsense'], 'There is no command nonsense.'],
    [['toString'], 'There is no command toString.'],
    [['dead-letters', 'valueOf'], 'Say what: dead-letters list, show, redrive or discard.'],
    [['dead-letters'], 'Say what: dead-letters list, show, redrive or discard.'],
    [['dead-letters', 'redrive'], 'Say which: ID…, or --source QUEUE --all.'],
    [['dead-letters', 'redrive', '--all'], 'Say which: ID…, or --source QUEUE --all.'],
    [['dead-letters', 'show', 'a', 'b'], 'There is no place for b.'],
    [['erase', 'ann'], 'This is for good. To erase ann, say --yes.'],
    [['replay', 'w-1'], 'CONVERSATION is missing.'],
    [['replay', 'w-1', 'd-1', '--from-seq', 'x'], '--from-seq x is no number.'],
    [['stats', '--nonsense'], "Unknown option '--nonsense'"],
  ])('is refused with what is wrong, and the usage: %j', async (args, message) => {
    const { code, out, err } = await admin(args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(message);
    expect(err).toContain('Usage: npm run admin');
    expect(asked).toEqual([]);
  });

  it('tells a problem with its code, its fields and its trace, and ends with 1', async () => {
    const body = {
      ...{ code: 'malformed-request', detail: 'The request is malformed.', traceId: 'abc' },
      errors: [{ pointer: '/source', detail: 'must be one of those' }],
    };
    answers.set('GET /api/admin/deadletters?source=x', [{ status: 400, body }]);
    expect(await admin(['dead-letters', 'list', '--source', 'x'])).toEqual({
      ...{ code: 1, out: '' },
      err: 'malformed-request: The request is malformed.\n  /source: must be one of those\ntrace abc\n',
    });
    expect(asked[0]?.authorization).toBe('Bearer a-token');
  });

  it('says that nobody answers, and never the token', async () => {
    const { code, err } = await admin(['stats'], {
      PARLEY_URL: 'http://127.0.0.1:9',
      PARLEY_TOKEN: 'a-token',
    });
    expect(code).toBe(1);
    expect(err).toContain('http://127.0.0.1:9 cannot be reached');
    expect(err).not.toContain('a-token');
  });

  it('makes no token of its own for an app elsewhere', async () => {
    const { code, err } = await admin(['stats'], { PARLEY_URL: 'https://app.example' });
    expect(code).toBe(1);
    expect(err).toContain('PARLEY_TOKEN is not set');
  });

  it('goes on after what could not be sent again, and tells it in the end', async () => {
    answers.set('POST /api/admin/deadletters/chat-queue~2/redrive', [{ status: 204 }]);
    expect(await admin(['dead-letters', 'redrive', 'chat-queue~1', 'chat-queue~2'])).toEqual({
      ...{ code: 1, out: 'chat-queue~2: sent again\n' },
      err: 'chat-queue~1: HTTP 404: \n1 could not be done.\n',
    });
  });

  it('redrives all of a queue over all pages, the oldest first, and each once', async () => {
    const page = (ids: string[], nextCursor: string | null) => ({
      status: 200,
      body: { items: ids.map((deadLetterId) => ({ deadLetterId })), nextCursor },
    });
    answers.set('GET /api/admin/deadletters?source=chat-jobs', [
      page(['chat-jobs~1', 'chat-jobs~2'], 'next'),
    ]);
    answers.set('GET /api/admin/deadletters?source=chat-jobs&cursor=next', [page(['chat-jobs~3'], null)]);
    for (const n of [1, 2, 3])
      answers.set(`POST /api/admin/deadletters/chat-jobs~${n}/redrive`, [{ status: 204 }]);
    expect((await admin(['dead-letters', 'redrive', '--source', 'chat-jobs', '--all'])).code).toBe(0);
    expect(asked.filter(({ call }) => call.startsWith('POST')).map(({ call }) => call)).toEqual(
      [1, 2, 3].map((n) => `POST /api/admin/deadletters/chat-jobs~${n}/redrive`),
    );
  });

  it('erases, and says by which job', async () => {
    answers.set('DELETE /api/admin/users/auth0%7Cann', [{ status: 202, body: { jobId: 'j-1' } }]);
    expect(await admin(['erase', 'auth0|ann', '--yes'])).toMatchObject({
      out: 'It has begun. npm run admin -- job j-1\n',
    });
  });

  it('waits for an export, and says where its file is', async () => {
    answers.set('POST /api/exports', [{ status: 202, body: { exportId: 'j-2' } }]);
    const file = { downloadUrl: 'https://files.example/x', bytes: 9, sha256: 'abc' };
    answers.set('GET /api/exports/j-2', [
      { status: 200, body: { state: 'running', messages: 1, file: null } },
      { status: 200, body: { state: 'done', messages: 2, file } },
    ]);
    expect((await admin(['export', 'd-1', '--since-seq', '3'])).out).toBe(
      '2 messages, 9 bytes, SHA-256 abc\nhttps://files.example/x\n',
    );
    expect(asked[0]?.body).toBe('{"conversationId":"d-1","sinceSeq":3}');
  });

  it('replays a conversation to a webhook', async () => {
    answers.set('POST /api/webhooks/w-1/replay', [{ status: 202, body: { fromSeq: 2, toSeq: 9 } }]);
    expect((await admin(['replay', 'w-1', 'd-1', '--from-seq', '2'])).out).toBe(
      'It is told of d-1 from 2 to 9.\n',
    );
  });
});
