import { envelopeVersion } from '../../../shared/contract/queue.ts';
import { tracing } from '../../support/fakes.ts';
import type { CountedChat, UseCase } from './chat.ts';

/** A message, a change or a receipt, and those who come and go. */
export const delivering = (chat: CountedChat): Record<string, UseCase> => {
  const { services, aPair, aGroupOfFive, send, deliver, change, ask, connect } = chat;
  const checkOf = (envelope: object) =>
    services.checkDelivery({ v: envelopeVersion, ...tracing, ...envelope });
  return {
    'sending to a user': async () => {
      const { ann, bo } = await aPair();
      await send(ann, { receiverId: bo });
      return () => send(ann, { receiverId: bo });
    },
    'sending to a conversation, again and again': async () => {
      const { ann, conversationId } = await aPair();
      await send(ann, { conversationId });
      return () => send(ann, { conversationId });
    },
    // Of a burst of 1,000 an instance lets 100 pass alone; then it draws 200: a look, and a row with its note.
    'sending more at once than passes without counting': async () => {
      const { ann, bo } = await aPair();
      for (let count = 0; count < 100; count++) await send(ann, { receiverId: bo });
      return () => send(ann, { receiverId: bo });
    },
    'delivering to a pair who are there': async () => {
      const { from } = await aPair();
      return () => deliver(from());
    },
    'delivering to one who is away': async () => {
      const { from } = await aPair({ bo: false });
      return () => deliver(from());
    },
    'delivering to a group of five who are there': async () => {
      const { message } = await aGroupOfFive();
      await deliver(message());
      return () => deliver(message());
    },
    'checking a delivery that was acknowledged': async () => {
      const { bo, conversationId } = await aPair();
      await services.acknowledgeMessages(bo, conversationId, [1, 2]);
      return () => checkOf({ kind: 'check', check: { conversationId, userId: bo } });
    },
    'forwarding a message': async () => {
      const { ann, conversationId, messageId } = await aPair();
      const { conversation } = await chat.create(ann, { type: 'group', memberIds: [] });
      const to = { conversationIds: [conversation.id], clientMessageId: 'again' };
      return () =>
        services.forwardMessage(ann, { conversationId, messageId }, () => Promise.resolve(to), tracing);
    },
    'asking for an edit': async () => {
      const { ann, conversationId, messageId } = await aPair();
      return () => ask(ann, conversationId, { type: 'edit', messageId, messageText: 'Better' });
    },
    'making an edit': async () => {
      const { ann, conversationId, messageId } = await aPair();
      return () => change(ann, conversationId, { type: 'edit', messageId, messageText: 'Better' });
    },
    'making a deletion': async () => {
      const { ann, conversationId, messageId } = await aPair();
      return () => change(ann, conversationId, { type: 'delete', messageId });
    },
    'making a reaction': async () => {
      const { bo, conversationId, messageId } = await aPair();
      return () => change(bo, conversationId, { type: 'react', messageId, emoji: '👍' });
    },
    'adding a member to a group of five': async () => {
      const { ann, conversationId } = await aGroupOfFive();
      return () => change(ann, conversationId, { type: 'add-members', userIds: ['zoe'], role: 'member' });
    },
    'the first receipt of a message': async () => {
      const { bo, conversationId } = await aPair();
      return () => services.acknowledgeMessages(bo, conversationId, [1, 2]);
    },
    'a receipt of a message': async () => {
      const { bo, from, conversationId } = await aPair();
      await services.acknowledgeMessages(bo, conversationId, [1]);
      await deliver(from());
      return () => services.acknowledgeMessages(bo, conversationId, [2, 3]);
    },
    // The first such receipt has looked at what lies below; one above it need not.
    'a receipt above what never arrived': async () => {
      const { bo, from, conversationId } = await aPair();
      await deliver(from());
      await services.acknowledgeMessages(bo, conversationId, [2]);
      return () => services.acknowledgeMessages(bo, conversationId, [3]);
    },
    'a receipt of reading': async () => {
      const { bo, conversationId } = await aPair();
      await services.acknowledgeMessages(bo, conversationId, [1, 2]);
      return () => services.recordReceipt(bo, 'read', conversationId, () => Promise.resolve(2));
    },
    'a receipt that was there already': async () => {
      const { bo, conversationId } = await aPair();
      await services.acknowledgeMessages(bo, conversationId, [1, 2]);
      return () => services.acknowledgeMessages(bo, conversationId, [1, 2]);
    },
    'showing that somebody types': async () => {
      const { ann, conversationId } = await aPair();
      const type = () => services.showTyping(ann, conversationId, () => Promise.resolve({ isTyping: true }));
      await type();
      return type;
    },
    'the URL to connect to': async () => {
      const { ann } = await aPair();
      return () => services.clientUrl(ann);
    },
    'the first device of a user coming': async () => {
      const { bo } = await aPair({ bo: false });
      return () => connect(bo, 'first');
    },
    'the last device of a user going': async () => {
      const { bo } = await aPair({ bo: false });
      await connect(bo, 'last');
      return () => services.disconnectClient(bo, 'last');
    },
    'telling one acquaintance who has come': async () => {
      const { bo } = await aPair({ bo: false });
      await connect(bo, 'came');
      return () => checkOf({ kind: 'presence', userId: bo });
    },
    'the minute’s look at connections, nothing being due': () =>
      Promise.resolve(() => services.checkPresence()),
    'the minute’s look at what has expired, nothing being due': () =>
      Promise.resolve(() => services.purgeMessages()),
    'the minute’s look at limits, nothing being due': () => Promise.resolve(() => services.forgetLimits()),
    'the minute’s look at the audit, kept for good': () => Promise.resolve(() => services.forgetAudit()),
  };
};
