import { randomBytes } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import type { ExportView } from '../../shared/contract/jobs.ts';
import { eventually, request, User, type HistoryAnswer } from '../support/chat.ts';

/**
 * Texts that would be more than text where they are shown carelessly. The server keeps them as they are, calls them what
 * they are (JSON), and runs none. Showing them is the business of clients, which escape.
 */

const scripts = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "';alert(1)//",
  '<svg/onload=alert(1)>',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<a href="javascript:alert(1)">x</a>',
  '</script><script>alert(1)</script>',
  '<math><mi//xlink:href="data:x,<script>alert(1)</script>">',
  '{{constructor.constructor("alert(1)")()}}',
  '${alert(1)}',
  '<!--#exec cmd="ls"-->',
  '=HYPERLINK("https://evil.example","x")',
  "@SUM(1+1)*cmd|' /C calc'!A0",
  '%3Cscript%3Ealert(1)%3C/script%3E',
  '&lt;script&gt;',
  '\u202egnp.exe',
];

const pair = (): Promise<[User, User]> => Promise.all([User.create('ann'), User.create('bo')]);

describe('a script', () => {
  it('in a message comes back letter by letter, as JSON, live and from the history', async () => {
    const [ann, bo] = await pair();
    const device = await bo.goOnline();
    let conversationId = '';
    for (const text of scripts) ({ conversationId } = await ann.send(bo, text));
    const { items } = await bo.historyWith(conversationId, scripts.length);
    expect(items.map(({ messageText }) => messageText)).toEqual(scripts);
    await device.until(() => (device.messages().length >= scripts.length ? true : undefined));
    device.stop();
    expect(device.messages().map(({ messageText }) => messageText)).toEqual(scripts);
    const answer = await bo.call<HistoryAnswer>('GET', `/conversations/${conversationId}/messages`);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  });

  it.each(scripts)('in a title, metadata, a reference and an emoji is kept as it is: %s', async (text) => {
    const [ann, bo] = await pair();
    const externalRef = `${text} ${ann.id}`;
    const { status, body } = await ann.post<{ id: string }>('/conversations', {
      ...{ type: 'group', memberIds: [bo.id], title: text, metadata: { [text]: text }, externalRef },
    });
    expect(status).toBe(201);
    const seen = await bo.get(`/conversations/${body.id}`);
    expect(seen.body).toMatchObject({ title: text, metadata: { [text]: text }, externalRef });
  });

  it('in an account’s name is kept as it is, and not taken as its user name, address or picture', async () => {
    const username = `user-${randomBytes(6).toString('hex')}`;
    const account = { username, password: 'open sesame', fullName: '<b onclick=alert(1)>Ann</b>' };
    expect(await request('POST', '/users/register', { body: account })).toMatchObject({
      status: 201,
      body: { fullName: account.fullName },
    });
    for (const text of scripts) {
      for (const body of [
        { ...account, username: text },
        { ...account, username: `${username}2`, email: `${text}@example.org ` },
      ])
        expect((await request('POST', '/users/register', { body })).status).toBe(400);
    }
  });

  it('is repeated by no problem', async () => {
    const [ann] = await pair();
    for (const text of scripts) {
      const encoded = encodeURIComponent(text);
      const answers = [
        await ann.get(`/conversations/${encoded}`),
        await ann.get(`/users/${encoded}`),
        await ann.get(`/inbox?limit=${encoded}`),
        await ann.post('/sendMessage', {
          receiverId: 'bo',
          messageText: 'x',
          timestamp: text,
          replyTo: text,
        }),
        await ann.post('/conversations', { type: text, memberIds: [] }),
        await ann.post('/sendMessage', `{${text}`),
      ];
      for (const { headers, body } of answers) {
        expect(headers.get('content-type')).toBe('application/problem+json');
        expect(JSON.stringify(body)).not.toContain(JSON.stringify(text).slice(1, -1));
      }
    }
  });
});

describe('a link', () => {
  const links = [
    ...['javascript:alert(1)', 'JaVaScRiPt:alert(1)', ' javascript:alert(1)', 'java\nscript:alert(1)'],
    ...['data:text/html,<script>alert(1)</script>', 'vbscript:x', 'file:///etc/passwd', '//evil.example/x'],
    ...[
      '\u0001javascript:alert(1)',
      'https:evil.example',
      'blob:https://example.org/x',
      'ftp://example.org/x',
    ],
  ];

  it.each(links)('that a browser would run or that leads elsewhere is refused: %j', async (url) => {
    const [ann, bo] = await pair();
    const sent = await ann.post<{ errors?: { pointer: string }[] }>('/sendMessage', {
      ...{ receiverId: bo.id, attachmentUrl: url },
    });
    expect([sent.status, sent.body.errors?.[0]?.pointer]).toEqual([400, '/attachmentUrl']);
    const changed = await ann.call<{ errors?: { pointer: string }[] }>('PATCH', '/users/me', {
      avatarUrl: url,
    });
    expect([changed.status, changed.body.errors?.[0]?.pointer]).toEqual([400, '/avatarUrl']);
  });
});

describe('an export', () => {
  it('has a line for each message, whatever line ends, quotes and formulas are in it', async () => {
    const [ann, bo] = await pair();
    const texts = [
      'a\nb', 'a\r\nb', 'a\rb', 'a\u2028b', 'a\u2029b', 'a\u0085b', 'a\u000bb\u000cc',
      '"}\n{"message":{"seq":99,"messageText":"forged"}}', '\\', '\\n', '\u001e{}', ...scripts,
    ]; // prettier-ignore
    let conversationId = '';
    for (const text of texts) ({ conversationId } = await ann.send(bo, text));
    await bo.historyWith(conversationId, texts.length);
    const { body } = await bo.post<{ exportId: string }>('/exports', { conversationId });
    const file = await eventually(async () => {
      const view = await bo.get<ExportView>(`/exports/${body.exportId}`);
      return view.body.file ?? undefined;
    });
    const response = await fetch(file.downloadUrl);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    expect(response.headers.get('content-disposition')).toMatch(/^attachment/);
    const lines = (await response.text()).trimEnd().split('\n');
    const found = lines.map((line) => (JSON.parse(line) as { message?: { messageText: string } }).message);
    expect(found.flatMap((message) => (message ? [message.messageText] : []))).toEqual(texts);
  });
});

describe('the page of the contract', () => {
  it('runs no script and loads nothing, by its policy', async () => {
    const { headers } = await fetch(`${inject('stack').urls.functions}/api/docs`);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none'/);
    expect(policy).not.toMatch(/unsafe-eval|script-src|\*/);
  });

  it('says nothing that a caller gave it', async () => {
    const { functions } = inject('stack').urls;
    for (const path of ['/api/docs', '/api/openapi.json']) {
      const response = await fetch(`${functions}${path}?q=%3Cscript%3Ealert(7)%3C/script%3E`, {
        headers: { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example', host: 'evil.example' },
      });
      expect(await response.text()).not.toMatch(/alert\(7\)|evil\.example/);
    }
  });
});
