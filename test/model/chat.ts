import { MemoryAttachmentLooks } from '../../shared/adapters/memory/memory-attachment-looks.ts';
import { MemoryAudit } from '../../shared/adapters/memory/memory-audit.ts';
import { MemoryBlocks } from '../../shared/adapters/memory/memory-blocks.ts';
import { MemoryChangeLog } from '../../shared/adapters/memory/memory-change-log.ts';
import { MemoryConversationLog } from '../../shared/adapters/memory/memory-conversation-log.ts';
import { MemoryExpiries } from '../../shared/adapters/memory/memory-expiries.ts';
import { MemoryInbox } from '../../shared/adapters/memory/memory-inbox.ts';
import { MemoryMessageSearch } from '../../shared/adapters/memory/memory-message-search.ts';
import { MemoryPresence } from '../../shared/adapters/memory/memory-presence.ts';
import { conversationEnvelope, checkEnvelope } from '../../shared/contract/queue.ts';
import { acknowledgeInbox } from '../../shared/use-cases/acknowledge-inbox.ts';
import { acknowledgeMessages } from '../../shared/use-cases/acknowledge-messages.ts';
import { announcePresence } from '../../shared/use-cases/announce-presence.ts';
import { applyChange } from '../../shared/use-cases/apply-change.ts';
import { checkDelivery } from '../../shared/use-cases/check-delivery.ts';
import { admitClient, connectClient } from '../../shared/use-cases/connect-client.ts';
import { countUnread } from '../../shared/use-cases/count-unread.ts';
import { deliverMessage } from '../../shared/use-cases/deliver-message.ts';
import { disconnectClient } from '../../shared/use-cases/disconnect-client.ts';
import { getMessage, listRevisions } from '../../shared/use-cases/get-message.ts';
import { listConversations } from '../../shared/use-cases/list-conversations.ts';
import { listMembers, listReceipts } from '../../shared/use-cases/list-members.ts';
import { readChanges } from '../../shared/use-cases/read-changes.ts';
import { readHistory } from '../../shared/use-cases/read-history.ts';
import { readInbox } from '../../shared/use-cases/read-inbox.ts';
import { recordReceipt } from '../../shared/use-cases/record-receipt.ts';
import { rejectChange, rejectMessage } from '../../shared/use-cases/reject-message.ts';
import { requestChange } from '../../shared/use-cases/request-change.ts';
import { searchMessages } from '../../shared/use-cases/search-messages.ts';
import { sendMessage } from '../../shared/use-cases/send-message.ts';
import { workOff } from '../../shared/use-cases/work-off.ts';
import { FakeAttachments, FakeEventFeed, FakeTimer } from '../support/fakes.ts';
import { maxMembers } from './model-state.ts';
import { Queues } from './queues.ts';
import { Sockets } from './sockets.ts';
import type { Process } from './turns.ts';

/** Everything that outlives a process. */
export const aBackend = () => {
  const clock = new FakeTimer();
  const log = new MemoryConversationLog();
  return {
    clock,
    log,
    changes: new MemoryChangeLog(log),
    audit: new MemoryAudit(),
    inbox: new MemoryInbox(),
    presence: new MemoryPresence(),
    events: new FakeEventFeed(),
    queues: new Queues(clock),
    sockets: new Sockets(),
  };
};

export type Backend = ReturnType<typeof aBackend>;
export type Chat = ReturnType<typeof chatOf>;

/** The use cases as a process of its own meets them. */
export const chatOf = (backend: Backend, process: Process) => {
  const { clock } = backend;
  const parts = {
    clock: { now: () => clock.now(), sleep: () => Promise.resolve() },
    log: process.through('log', backend.log),
    changes: process.through('changes', backend.changes),
    audit: process.through('audit', backend.audit),
    inbox: process.through('inbox', backend.inbox),
    presence: process.through('presence', backend.presence),
    events: process.through('events', backend.events),
    outbox: process.through('outbox', backend.queues),
    broadcaster: process.through('sockets', backend.sockets),
    search: process.through('search', new MemoryMessageSearch(backend.log)),
    blocks: new MemoryBlocks(),
    attachments: new FakeAttachments(),
    looks: new MemoryAttachmentLooks(),
    moderator: { review: () => Promise.resolve({ allowed: true as const }) },
    rateLimiter: { take: () => Promise.resolve() },
    directory: { find: (userId: string) => Promise.resolve(userId) },
    profiles: { find: () => Promise.resolve(new Map<string, never>()) },
    newId: () => '',
    maxMembers,
    expiries: new MemoryExpiries(),
    restoreDays: 30,
    inboxGroupSize: 100,
    presenceGroupSize: 100,
    maxConnections: 10,
    requireGoodToken: () => Promise.resolve(),
    minAgeMs: 7500,
  };
  const work = { outbox: parts.outbox, timer: parts.clock, random: () => 0 };
  const [deliver, apply] = [deliverMessage(parts), applyChange(parts)];
  const [check, announce] = [checkDelivery(parts), announcePresence(parts)];
  const [reject, rejectTheChange] = [rejectMessage(parts), rejectChange(parts)];
  return {
    send: sendMessage(parts),
    change: requestChange(parts),
    receipt: recordReceipt(parts),
    acknowledge: acknowledgeMessages(parts),
    inbox: readInbox(parts),
    acknowledgeInbox: acknowledgeInbox(parts),
    history: readHistory(parts),
    changes: readChanges(parts),
    message: getMessage(parts),
    revisions: listRevisions(parts),
    search: searchMessages(parts),
    unread: countUnread(parts),
    conversations: listConversations(parts),
    members: listMembers(parts),
    receipts: listReceipts(parts),
    admit: admitClient(parts),
    connected: connectClient(parts),
    disconnected: disconnectClient(parts),
    /** As the composition root puts it together. */
    work: workOff(work, conversationEnvelope, {
      handle: async (envelope): Promise<unknown> => {
        if (envelope.kind === 'change') return apply(envelope.change, envelope);
        return envelope.kind === 'message' ? deliver(envelope.message, envelope) : undefined;
      },
      refused: async (envelope, code) => {
        if (envelope.kind === 'change') await rejectTheChange(envelope.change, code);
        if (envelope.kind === 'message') await reject(envelope.message, code);
      },
    }),
    check: workOff(work, checkEnvelope, {
      handle: async (envelope): Promise<unknown> =>
        envelope.kind === 'check' ? check(envelope.check, envelope) : announce(envelope.userId),
    }),
  };
};
