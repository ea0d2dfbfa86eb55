import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, inject, it, onTestFinished } from 'vitest';
import { ParleyClient } from '../../client/index.ts';
import { tokenFor } from '../support/chat.ts';

const bot = join(import.meta.dirname, '../../client/examples/bot.ts');

it('the bot answers each message once, also what was said while it was away, and ends when it is told', async () => {
  const baseUrl = inject('stack').urls.functions;
  const [annId, botId] = ['ann', 'bot'].map((name) => `${name}-${randomBytes(5).toString('hex')}`) as [
    string,
    string,
  ];
  const ann = await ParleyClient.connect({ baseUrl, token: await tokenFor(annId) });
  onTestFinished(() => ann.close());
  const answers: string[] = [];
  const waiting = new Set<{ count: number; done: () => void }>();
  ann.on('message', ({ senderId, messageText }) => {
    if (senderId === botId) answers.push(messageText ?? '');
    for (const { count, done } of waiting) if (answers.length >= count) done();
  });
  const answered = (count: number): Promise<void> =>
    new Promise((done) => {
      waiting.add({ count, done });
      if (answers.length >= count) done();
    });
  const start = async () => {
    const env = { ...process.env, PARLEY_URL: baseUrl, BOT_TOKEN: await tokenFor(botId) };
    const child = spawn(process.execPath, [bot], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    expect(line).toBe(`${botId} is online.`);
    return child;
  };
  const stop = async (child: Awaited<ReturnType<typeof start>>): Promise<void> => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  };
  await ann.send({ to: botId, text: 'one' });
  const first = await start();
  await ann.send({ to: botId, text: 'two' });
  await answered(2);
  await stop(first);
  await ann.send({ to: botId, text: 'three' });
  const second = await start();
  await answered(3);
  await stop(second);
  expect(answers).toEqual(['one', 'two', 'three'].map((text) => `You said: ${text}`));
});
