import { archiveConversation } from '../../shared/use-cases/archive-conversation.ts';
import { createConversation } from '../../shared/use-cases/create-conversation.ts';
import { getConversation } from '../../shared/use-cases/get-conversation.ts';
import { getConversationPresence } from '../../shared/use-cases/get-presence.ts';
import { listConversations } from '../../shared/use-cases/list-conversations.ts';
import { listMembers, listReceipts } from '../../shared/use-cases/list-members.ts';
import { requireMember } from '../../shared/use-cases/membership.ts';
import { muteConversation } from '../../shared/use-cases/mute-conversation.ts';
import type { Adapters } from './adapters.ts';

/** Conversations and who is in them. What changes one for all is a change: see `messageServices`. */
export const conversationServices = (adapters: Adapters) => {
  const { log, profiles, directory, blocks, presence, broadcaster, moderator, rateLimiter, clock } = adapters;
  const creating = { log, profiles, broadcaster, directory, blocks, moderator, rateLimiter, clock };
  return {
    createConversation: createConversation(creating),
    getConversation: getConversation({ log, profiles, clock }),
    listConversations: listConversations({ log, profiles, clock }),
    archiveConversation: archiveConversation({ log, broadcaster, clock }),
    muteConversation: muteConversation({ log, broadcaster, clock }),
    listMembers: listMembers({ log, profiles }),
    listReceipts: listReceipts({ log }),
    requireMember: (conversationId: string, userId: string) => requireMember(log, conversationId, userId),
    getConversationPresence: getConversationPresence({ log, presence, blocks }),
  };
};
