import { changesQuery } from '../../../shared/contract/changes.ts';
import { conversationsQuery, historyQuery, pageQuery } from '../../../shared/contract/lists.ts';
import { searchQuery } from '../../../shared/contract/search.ts';
import { aUser } from '../../support/builders.ts';
import type { CountedChat, UseCase } from './chat.ts';

const page = () => pageQuery.parse({});
const listQuery = conversationsQuery.parse({ limit: '3' });

/** Conversations and what is in them, as people look at them and put them in order. */
export const reading = (chat: CountedChat): Record<string, UseCase> => {
  const { services, create, aPair, aGroupOfFive, sixConversations, deliver, change } = chat;
  return {
    'beginning a direct conversation': () =>
      Promise.resolve(() => create(aUser('ann'), { type: 'direct', memberIds: [aUser('bo')] })),
    'creating a group of five': () =>
      Promise.resolve(() =>
        create(aUser('ann'), { type: 'group', memberIds: Array.from({ length: 4 }, () => aUser('member')) }),
      ),
    'looking at a conversation': async () => {
      const { ann, conversationId } = await aPair();
      return () => services.getConversation(ann, conversationId);
    },
    // The list, each head, then of the page and the one behind it the members and what is unread, and four names.
    'listing a page of three of six conversations': async () => {
      const ann = await sixConversations();
      return () => services.listConversations(ann, listQuery);
    },
    'listing them again': async () => {
      const ann = await sixConversations();
      await services.listConversations(ann, listQuery);
      return () => services.listConversations(ann, listQuery);
    },
    'counting what is unread in six conversations': async () => {
      const ann = await sixConversations();
      return () => services.countUnread(ann);
    },
    'archiving a conversation': async () => {
      const { ann, conversationId } = await aPair();
      return () => services.archiveConversation(ann, conversationId, true);
    },
    'muting a conversation': async () => {
      const { ann, conversationId } = await aPair();
      return () =>
        services.muteConversation(ann, conversationId, () => Promise.resolve({ until: undefined }));
    },
    'reading a page of history': async () => {
      const { ann, conversationId } = await aPair();
      return () => services.readHistory(ann, conversationId, () => historyQuery.parse({}));
    },
    'reading a page of changes': async () => {
      const { ann, conversationId, messageId } = await aPair();
      for (const messageText of ['Once', 'Twice', 'Thrice'])
        await change(ann, conversationId, { type: 'edit', messageId, messageText });
      return () => services.readChanges(ann, conversationId, () => changesQuery.parse({ after: '0' }));
    },
    'reading a message': async () => {
      const { ann, conversationId, messageId } = await aPair();
      return () => services.getMessage(ann, conversationId, messageId);
    },
    'reading the versions of a message': async () => {
      const { ann, conversationId, messageId } = await aPair();
      await change(ann, conversationId, { type: 'edit', messageId, messageText: 'Better' });
      return () => services.listRevisions(ann, conversationId, messageId);
    },
    'reading the receipts of a message': async () => {
      const { ann, conversationId, messageId } = await aPair();
      return () => services.listMessageReceipts(ann, conversationId, messageId);
    },
    'listing the members of a group of five': async () => {
      const { ann, conversationId } = await aGroupOfFive();
      return () => services.listMembers(ann, conversationId, page);
    },
    'listing the receipts of a group of five': async () => {
      const { ann, conversationId } = await aGroupOfFive();
      return () => services.listReceipts(ann, conversationId, page);
    },
    'searching a conversation': async () => {
      const { ann, conversationId } = await aPair();
      return () => services.searchMessages(ann, conversationId, () => searchQuery.parse({ q: 'hello' }));
    },
    'reading a full page of the inbox': async () => {
      const { bo, from } = await aPair({ bo: false });
      for (let count = 0; count < 10; count++) await deliver(from());
      return () => services.readInbox(bo, 10, undefined);
    },
    'reading a page of the inbox when something has changed since': async () => {
      const { ann, bo, from, conversationId, messageId } = await aPair({ bo: false });
      for (let count = 0; count < 8; count++) await deliver(from());
      await change(ann, conversationId, { type: 'edit', messageId, messageText: 'Changed' });
      return () => services.readInbox(bo, 10, undefined);
    },
    'acknowledging ten messages of the inbox': async () => {
      const { bo, from } = await aPair({ bo: false });
      for (let count = 0; count < 8; count++) await deliver(from());
      const { items } = await services.readInbox(bo, 10, undefined);
      const inboxIds = items.map(({ inboxId }) => inboxId);
      return () => services.acknowledgeInbox(bo, inboxIds);
    },
    'asking whether somebody is there': async () => {
      const { ann, bo } = await aPair();
      return () => services.getUserPresence(ann, bo);
    },
    'asking who of a group of five is there': async () => {
      const { ann, conversationId } = await aGroupOfFive();
      return () => services.getConversationPresence(ann, conversationId, page);
    },
  };
};
