import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import ts from 'typescript';
import { expect, expectTypeOf, test } from 'vitest';
import type * as client from '../../client/index.ts';
import { apiReport } from '../../client/tools/build.ts';
import type { AccountView, PublicProfile } from '../../shared/contract/accounts.ts';
import type { ChangeReceipt, Members, MessageReceipts, Receipts } from '../../shared/contract/changes.ts';
import type { ConversationView } from '../../shared/contract/conversations.ts';
import type { HistoryPage } from '../../shared/contract/lists.ts';
import type { SendReceipt } from '../../shared/contract/send-message.ts';

const root = resolve(import.meta.dirname, '../..');
const maxBytes = 25_000;

test('the types are those of the contract', () => {
  expectTypeOf<client.ConversationInfo>().toExtend<ConversationView>();
  expectTypeOf<ConversationView>().toExtend<client.ConversationInfo>();
  expectTypeOf<HistoryPage>().toExtend<client.HistoryPage>();
  expectTypeOf<client.HistoryPage>().toExtend<HistoryPage>();
  expectTypeOf<SendReceipt>().toExtend<client.SendReceipt>();
  expectTypeOf<ChangeReceipt>().toEqualTypeOf<client.ChangeReceipt>();
  expectTypeOf<Members['items'][number]>().toEqualTypeOf<client.MemberInfo>();
  expectTypeOf<Receipts['items'][number]>().toEqualTypeOf<client.Watermarks>();
  expectTypeOf<MessageReceipts['items'][number]>().toEqualTypeOf<client.MessageReceipt>();
  expectTypeOf<AccountView>().toExtend<client.Account>();
  expectTypeOf<PublicProfile>().toEqualTypeOf<client.Profile>();
});

test('our own code takes at most 25 kB of what a browser loads, and no zod', async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(root, 'client/index.ts')],
    ...{ bundle: true, minify: true, write: false, metafile: true },
    ...{ format: 'esm', platform: 'browser', target: 'es2023' },
    external: ['@azure/web-pubsub-client'],
  });
  expect(gzipSync(outputFiles[0]?.contents ?? '').length).toBeLessThanOrEqual(maxBytes);
  expect(outputFiles[0]?.contents.length).toBeGreaterThan(1000);
  const others = Object.keys(metafile.inputs).filter((path) => !/^client\/[a-z-]+\.ts$/.test(path));
  expect(others).toEqual([]);
});

test('what it offers is what api.md says: `npm run client:api` writes it anew', { timeout: 120_000 }, () => {
  expect(readFileSync(join(root, 'client/api.md'), 'utf8')).toBe(apiReport());
});

/** What an example may use without saying where it has it from. */
const given = `
import { ParleyClient, ParleyError, type Conversation, type Message } from '../index.ts';
declare const chat: ParleyClient;
declare const conversation: Conversation;
declare const message: Message;
declare const token: string;
declare const baseUrl: string;
export {};
{`;

/** The code blocks of comments and of the README, by where they are. */
const examples = (): Map<string, string> => {
  const found = new Map<string, string>();
  for (const file of globSync('client/*.ts', { cwd: root })) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [index, [, code = '']] of [...text.matchAll(/ \* ```ts\n([\s\S]*?) \* ```/g)].entries())
      found.set(`${file} ${index}`, `${given}\n${code.replace(/^ +\* ?/gm, '')}\n}`);
  }
  const readme = readFileSync(join(root, 'client/README.md'), 'utf8');
  for (const [index, [, code = '']] of [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].entries())
    found.set(`README.md ${index}`, code.replace('@parley/client', '../index.ts'));
  return found;
};

test('the examples in the comments and in the README compile', { timeout: 120_000 }, () => {
  const found = examples();
  expect(found.size).toBeGreaterThan(10);
  const files = new Map(
    [...found].map(([where, code]) => [
      join(root, `client/examples/${where.replaceAll(/\W+/g, '-')}.virtual.ts`),
      code,
    ]),
  );
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const host = ts.createCompilerHost(options);
  const getSourceFile = host.getSourceFile.bind(host);
  const fileExists = host.fileExists.bind(host);
  host.getSourceFile = (file, ...rest) => {
    const code = files.get(file);
    return code === undefined
      ? getSourceFile(file, ...rest)
      : ts.createSourceFile(file, code, ts.ScriptTarget.Latest);
  };
  host.fileExists = (file) => files.has(file) || fileExists(file);
  const program = ts.createProgram([...files.keys()], options, host);
  const wrong = [...files.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${file}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
  });
  expect(wrong).toEqual([]);
});
