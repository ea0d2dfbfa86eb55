import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MemoryBlocks } from '../../shared/adapters/memory/memory-blocks.ts';
import { MemoryChangeLog } from '../../shared/adapters/memory/memory-change-log.ts';
import { MemoryConversationLog } from '../../shared/adapters/memory/memory-conversation-log.ts';
import { ModeratorPipeline } from '../../shared/adapters/moderation/moderator-pipeline.ts';
import { SpamModerator } from '../../shared/adapters/moderation/spam-moderator.ts';
import { WordListModerator } from '../../shared/adapters/moderation/word-list-moderator.ts';
import { emoji } from '../../shared/contract/changes.ts';
import { newConversation } from '../../shared/contract/conversations.ts';
import type { ChangeAction } from '../../shared/domain/change.ts';
import { messageIdOf } from '../../shared/domain/identifiers.ts';
import { rateLimited, type RateLimiter } from '../../shared/ports/rate-limiter.ts';
import { createConversation } from '../../shared/use-cases/create-conversation.ts';
import { requestChange } from '../../shared/use-cases/request-change.ts';
import { anAcceptedMessage } from '../support/builders.ts';
import { FakeBroadcaster, FakeOutbox, FakeTimer, tracing } from '../support/fakes.ts';

/** Words that get past who looks at messages only: in a title, an edit or a reaction. */

const anApp = async (rateLimiter: RateLimiter = { take: () => Promise.resolve() }) => {
  const clock = new FakeTimer();
  const log = new MemoryConversationLog();
  const outbox = new FakeOutbox();
  const parts = {
    ...{ log, outbox, clock, rateLimiter, blocks: new MemoryBlocks(), broadcaster: new FakeBroadcaster() },
    changes: new MemoryChangeLog(log),
    moderator: new ModeratorPipeline([new WordListModerator(['badword']), new SpamModerator()]),
    directory: { find: (userId: string) => Promise.resolve(userId) },
    profiles: { find: () => Promise.resolve(new Map()) },
    ...{ newId: randomUUID, maxMembers: 10 },
  };
  const create = (body: object) =>
    createConversation(parts)('ann', newConversation.parse({ type: 'group', memberIds: ['bo'], ...body }));
  const { conversation } = await create({ title: 'Fine' });
  const clientMessageId = 'c1';
  const messageId = messageIdOf(conversation.id, 'ann', clientMessageId);
  const sent = anAcceptedMessage({ from: 'ann', to: 'bo', clientMessageId, conversationId: conversation.id });
  await log.append({ ...sent, messageId }, clock.now());
  const ask = (action: ChangeAction) =>
    requestChange(parts)(
      'ann',
      conversation.id,
      () => Promise.resolve({ clientChangeId: undefined, action }),
      tracing,
    );
  return { create, ask, messageId, outbox };
};

const refused = { code: 'message-rejected', reason: 'word' };

/** One word, as somebody writes it who knows that it is looked for. */
const disguises = [
  ...['badword', 'BADWORD', 'bádwörd', 'baaadwooord', 'b4dw0rd', 'b\u00adad\u200bword', 'ｂａｄｗｏｒｄ'],
  ...['ⓑⓐⓓⓦⓞⓡⓓ', '𝐛𝐚𝐝𝐰𝐨𝐫𝐝', '𝒷𝒶𝒹𝓌𝑜𝓇𝒹'],
];

describe('a word that is not accepted', () => {
  it.each(disguises)('is in no title, when a group begins or later: %s', async (word) => {
    const { create, ask, outbox } = await anApp();
    await expect(create({ title: `The ${word} club` })).rejects.toMatchObject(refused);
    const settings = { title: word };
    await expect(ask({ type: 'update', settings })).rejects.toMatchObject(refused);
    expect(outbox.changes).toEqual([]);
  });

  it.each(disguises)('is no reaction, though it is one by its form: %s', async (word) => {
    const { ask, messageId, outbox } = await anApp();
    const reaction = emoji.parse(word); // others than emojis are taken: `+1`, `:wave:`
    await expect(ask({ type: 'react', messageId, emoji: reaction })).rejects.toMatchObject(refused);
    await expect(ask({ type: 'react', messageId, emoji: `:${word}:` })).rejects.toMatchObject(refused);
    expect(outbox.changes).toEqual([]);
    for (const fine of ['👍', '👨‍👩‍👧', '🏳️‍🌈', '+1', ':wave:', 'oui'])
      await ask({ type: 'react', messageId, emoji: fine });
    expect(outbox.changes).toHaveLength(6);
  });

  it('is in no edit of what was fine before', async () => {
    const { ask, messageId } = await anApp();
    await expect(ask({ type: 'edit', messageId, messageText: 'a badword' })).rejects.toMatchObject(refused);
  });
});

describe('a reaction', () => {
  it.each(['', ' ', 'a b', 'x'.repeat(33), 'a\nb', 'a\u0000', '\ud83d', '\u2028', `a${'\u0301'.repeat(40)}`])(
    'that is no word and no emoji is refused: %j',
    (text) => {
      expect(emoji.safeParse(text).success).toBe(false);
    },
  );
});

describe('creating conversations', () => {
  it('has a limit of its own, which is asked before anybody is looked up or told', async () => {
    const taken: string[] = [];
    const { create } = await anApp({
      take: (kind, key) => {
        taken.push(`${kind} ${key}`);
        return taken.length > 2 ? Promise.reject(rateLimited(3)) : Promise.resolve();
      },
    });
    await create({ title: 'One more' });
    await expect(create({ title: 'badword' })).rejects.toMatchObject({
      ...{ code: 'rate-limited', retryAfterSeconds: 3 },
    });
    expect(taken).toEqual(['create ann', 'create ann', 'create ann']);
  });
});
