import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { ParleyClient } from '../../client/index.ts';
import type { Stack } from '../../local/stack.ts';
import { pageMount, pageOrigins } from '../../local/stack/page.ts';
import { allowPages } from '../../local/stack/storage-cors.ts';
import { startTestStack, type TestStackOptions } from '../support/test-stack.ts';
import { anAccount, visit, type Account, type Visitor } from './visitor.ts';

/** The whole system with the page, for the tests of one file. */
export interface PageStack {
  readonly stack: Stack;
  readonly url: string;
  /** Opens the page for somebody; it is closed after the test, which fails if the page logged an error. */
  open: (account?: Account, options?: Parameters<typeof visit>[2], refusal?: string) => Promise<Page>;
  /** Two who have a conversation. */
  aPair: () => Promise<{ ann: Account; bob: Account; conversationId: string }>;
  /** Does something as a user of the client. */
  asUser: <T>(account: Account, act: (chat: ParleyClient) => Promise<T>) => Promise<T>;
}

const started = (stack: Stack | undefined): Stack => {
  if (!stack) throw new Error('The stack has not been started.');
  return stack;
};

/** Starts it before the tests of this file, and stops it after them. */
export const usePageStack = (options: Omit<TestStackOptions, 'dataDir'> = {}): PageStack => {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-page-'));
  const visitors: Visitor[] = [];
  let running: Stack | undefined;
  const url = (): string => started(running).urls.functions;

  beforeAll(async () => {
    running = await startTestStack({ dataDir, ...pageMount('dist/web'), ...options });
    await allowPages(running.urls.blob, pageOrigins(url()));
  });
  afterAll(async () => {
    await running?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  afterEach(async () => {
    const open = visitors.splice(0);
    await Promise.all(open.map(({ browser }) => browser.close()));
    expect(open.flatMap(({ errors }) => errors)).toEqual([]);
  });

  const asUser: PageStack['asUser'] = async ({ token }, act) => {
    const chat = await ParleyClient.connect({ baseUrl: url(), token });
    try {
      return await act(chat);
    } finally {
      await chat.close();
    }
  };
  return {
    get stack() {
      return started(running);
    },
    get url() {
      return url();
    },
    open: async (account, context, refusal) => {
      const visitor = await visit(url(), account, context, refusal);
      visitors.push(visitor);
      return visitor.page;
    },
    aPair: async () => {
      const [ann, bob] = await Promise.all([anAccount(url(), 'Ann Archer'), anAccount(url(), 'Bob Baker')]);
      const { id } = await asUser(ann, (chat) => chat.direct(bob.username));
      return { ann, bob, conversationId: id };
    },
    asUser,
  };
};
