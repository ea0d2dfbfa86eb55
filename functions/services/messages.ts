import type { Config } from '../../shared/config.ts';
import { acknowledgeInbox } from '../../shared/use-cases/acknowledge-inbox.ts';
import { acknowledgeMessages } from '../../shared/use-cases/acknowledge-messages.ts';
import { countUnread } from '../../shared/use-cases/count-unread.ts';
import { forwardMessage } from '../../shared/use-cases/forward-message.ts';
import { getMessage, listMessageReceipts, listRevisions } from '../../shared/use-cases/get-message.ts';
import { readChanges } from '../../shared/use-cases/read-changes.ts';
import { readHistory } from '../../shared/use-cases/read-history.ts';
import { readInbox } from '../../shared/use-cases/read-inbox.ts';
import { recordReceipt } from '../../shared/use-cases/record-receipt.ts';
import { requestChange } from '../../shared/use-cases/request-change.ts';
import { searchMessages } from '../../shared/use-cases/search-messages.ts';
import { sendMessage } from '../../shared/use-cases/send-message.ts';
import { showTyping } from '../../shared/use-cases/show-typing.ts';
import { tracedReceipts } from '../telemetry/observed.ts';
import type { Adapters } from './adapters.ts';

const writing = (adapters: Adapters, { maxMembers, typingSeconds }: Config) => {
  const { log, changes, attachments, looks, moderator, rateLimiter, blocks, clock, newId } = adapters;
  const { outbox, directory, presence, broadcaster } = adapters;
  const sending = { log, attachments, looks, moderator, rateLimiter, blocks, clock, outbox, newId };
  const asking = { log, changes, outbox, moderator, rateLimiter, directory, blocks, clock, newId };
  return {
    sendMessage: sendMessage({ ...sending, directory }),
    forwardMessage: forwardMessage(sending),
    requestChange: requestChange({ ...asking, maxMembers }),
    showTyping: showTyping({ log, presence, broadcaster, rateLimiter, blocks, clock, typingSeconds }),
  };
};

const reading = ({ log, changes, search, inbox, presence, broadcaster, ...rest }: Adapters) => {
  const { rateLimiter, telemetry, clock } = rest;
  const receiving = { log, presence, broadcaster, clock };
  return {
    readHistory: readHistory({ log, clock }),
    readChanges: readChanges({ log, changes, clock }),
    getMessage: getMessage({ log, clock }),
    listRevisions: listRevisions({ log, changes, clock }),
    listMessageReceipts: listMessageReceipts({ log, clock }),
    searchMessages: searchMessages({ log, search, rateLimiter, clock }),
    countUnread: countUnread({ log, clock }),
    readInbox: readInbox({ log, inbox, clock }),
    acknowledgeInbox: acknowledgeInbox({ ...receiving, inbox }),
    ...tracedReceipts(recordReceipt(receiving), acknowledgeMessages(receiving), telemetry),
  };
};

/** Messages: written, changed, read, and what is said of how far they have got. */
export const messageServices = (adapters: Adapters, config: Config) => ({
  ...writing(adapters, config),
  ...reading(adapters),
});
