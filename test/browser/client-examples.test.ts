import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { ParleyClient } from '../../client/index.ts';
import type { Stack } from '../../local/stack.ts';
import { startTestStack } from '../support/test-stack.ts';
import { openBrowser } from './browser.ts';

const root = resolve(import.meta.dirname, '../..');
const dataDir = mkdtempSync(join(tmpdir(), 'parley-examples-'));
const pages = join(dataDir, 'pages');
const password = 'open sesame';
let stack: Stack;
let url: string;

beforeAll(async () => {
  mkdirSync(join(pages, 'node_modules/@parley/client/dist'), { recursive: true });
  stack = await startTestStack({ dataDir, mounts: [`/=${pages}`] });
  url = stack.urls.functions;
});

afterAll(async () => {
  await stack.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const account = async (username: string): Promise<string> => {
  await ParleyClient.register({ baseUrl: url, username, password });
  return (await ParleyClient.login({ baseUrl: url, username, password })).token;
};

const connect = async (username: string): Promise<ParleyClient> => {
  const chat = await ParleyClient.connect({ baseUrl: url, token: await account(username) });
  onTestFinished(() => chat.close());
  return chat;
};

const bundled = async (contents: string, external: string[] = []): Promise<string> => {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: 'tsx' },
    ...{ bundle: true, write: false, format: 'esm', platform: 'browser', target: 'es2023', external },
    jsx: 'automatic',
    jsxImportSource: 'preact',
  });
  return outputFiles[0]?.text ?? '';
};

/** Opens the first of these files, given out by the service; what it loads from elsewhere is the copy that is here. */
const visit = async (files: Record<string, string>, hash = ''): Promise<Page> => {
  for (const [path, content] of Object.entries(files)) writeFileSync(join(pages, path), content);
  const { context, close } = await openBrowser();
  onTestFinished(close);
  await context.route('https://esm.sh/**', async (route) => {
    const body = await bundled("export * from '@azure/web-pubsub-client';");
    const headers = { 'access-control-allow-origin': '*' };
    await route.fulfill({ body, contentType: 'text/javascript', headers });
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(`${url}/${Object.keys(files)[0] ?? ''}#${hash}`);
  return page;
};

const pageOf = (script: string): string =>
  `<!doctype html><meta charset="utf-8" /><title>Example</title><body><script type="module" src="/${script}"></script>`;

const item = (page: Page, text: string | RegExp) => page.getByRole('listitem').filter({ hasText: text });

it('the page without a framework shows what is said, and sends', async () => {
  const bob = await connect('bob');
  await account('ann');
  const example = readFileSync(join(root, 'client/examples/page.html'), 'utf8');
  const page = await visit({
    'page.html': example.replace("'http://127.0.0.1:7071'", 'location.origin'),
    'node_modules/@parley/client/dist/index.js': await bundled("export * from './client/index.ts';", [
      '@azure/web-pubsub-client',
    ]),
  });
  await page.getByPlaceholder('Message to bob').fill('<b>Hello</b>, Bob!');
  const heard = new Promise((resolved) => bob.on('message', ({ messageText }) => resolved(messageText)));
  await page.keyboard.press('Enter');
  expect(await heard).toBe('<b>Hello</b>, Bob!');
  await item(page, 'ann: <b>Hello</b>, Bob! (delivered)').waitFor();
  await bob.send({ to: 'ann', text: 'Hello, Ann!' });
  await item(page, 'bob: Hello, Ann!').waitFor();
  expect(await page.getByRole('listitem').count()).toBe(2);
});

it('the React hook shows a conversation as it goes on', async () => {
  const cleo = await connect('cleo');
  const token = await account('dan');
  const { id } = await cleo.direct('dan');
  await cleo.send({ to: 'dan', text: 'Said before' });
  const program = `
    import { render } from 'preact';
    import { useCallback, useEffect, useSyncExternalStore } from 'preact/compat';
    import { ParleyClient } from './client/index.ts';
    import { makeUseConversation } from './client/examples/use-conversation.ts';
    const useConversation = makeUseConversation({ useCallback, useEffect, useSyncExternalStore });
    const [id, token] = location.hash.slice(1).split('%20');
    const chat = await ParleyClient.connect({ baseUrl: location.origin, token });
    const Chat = ({ id }) => {
      const { messages, unreadCount } = useConversation(chat, id);
      return <ol title={unreadCount + ' unread'}>{messages.map(({ seq, messageText }) => <li key={seq}>{messageText}</li>)}</ol>;
    };
    render(<Chat id={id} />, document.body);
  `;
  const files = { 'hook.html': pageOf('hook.js'), 'hook.js': await bundled(program) };
  const page = await visit(files, `${id} ${token}`);
  await item(page, 'Said before').waitFor();
  await cleo.send({ to: 'dan', text: 'Said now' });
  await item(page, 'Said now').waitFor();
  await page.getByTitle('0 unread').waitFor();
  expect(await page.getByRole('listitem').allTextContents()).toEqual(['Said before', 'Said now']);
});

it('what was said without a network outlives the tab in IndexedDB, and is sent by the next, once', async () => {
  const eve = await connect('eve');
  const token = await account('fay');
  const heard: (string | null)[] = [];
  const second = new Promise<void>((resolved) =>
    eve.on('message', ({ messageText }) => {
      heard.push(messageText);
      if (messageText === 'two') resolved();
    }),
  );
  const program = `
    import { ParleyClient } from './client/index.ts';
    window.chat = await ParleyClient.connect({ baseUrl: location.origin, token: location.hash.slice(1), isPatient: true });
    document.title = 'ready';
  `;
  const files = { 'outbox.html': pageOf('outbox.js'), 'outbox.js': await bundled(program) };
  const page = await visit(files, token);
  await page.waitForFunction("document.title === 'ready' && chat.connection === 'online'");
  await page.route('**/api/**', (route) => route.abort());
  await page.evaluate(
    "void chat.send({ to: 'eve', text: 'one' }); void chat.send({ to: 'eve', text: 'two' });",
  );
  await page.waitForFunction(`(async () => {
    const { result } = await new Promise((resolve) => {
      const request = indexedDB.open('parley');
      request.onsuccess = () => {
        const all = request.result.transaction('parley').objectStore('parley').getAll();
        all.onsuccess = () => resolve(all);
      };
    });
    return result.length === 2;
  })()`);
  expect(heard).toEqual([]);
  await page.unroute('**/api/**');
  await page.reload();
  await second;
  await page.waitForFunction("document.title === 'ready' && chat.pending.length === 0");
  expect(heard).toEqual(['one', 'two']);
});
