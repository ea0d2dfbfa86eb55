import { randomUUID } from 'node:crypto';
import { DefenderScan, noScan } from '../shared/adapters/blobs/defender-scan.ts';
import { BlobExportFiles } from '../shared/adapters/blobs/blob-export-files.ts';
import { BlobAttachments } from '../shared/adapters/blobs/blob-attachments.ts';
import { ScryptPasswordHasher } from '../shared/adapters/crypto/scrypt-password-hasher.ts';
import { OidcTokens } from '../shared/adapters/jose/oidc-tokens.ts';
import { SharedKeyTokens } from '../shared/adapters/jose/shared-key-tokens.ts';
import { HttpWebhookEndpoint } from '../shared/adapters/http/http-webhook-endpoint.ts';
import { SharedRateLimiter } from '../shared/adapters/limits/shared-rate-limiter.ts';
import { leewaySeconds } from '../shared/adapters/jose/verified-tokens.ts';
import { MemoryFailedTries } from '../shared/adapters/memory/memory-failed-tries.ts';
import { TokenBucketRateLimiter } from '../shared/adapters/memory/token-bucket-rate-limiter.ts';
import { contentSafetyClient } from '../shared/adapters/moderation/content-safety-client.ts';
import { ContentSafetyModerator } from '../shared/adapters/moderation/content-safety-moderator.ts';
import { ModeratorPipeline } from '../shared/adapters/moderation/moderator-pipeline.ts';
import { SameTextModerator } from '../shared/adapters/moderation/same-text-moderator.ts';
import { SpamModerator } from '../shared/adapters/moderation/spam-moderator.ts';
import { WordListModerator } from '../shared/adapters/moderation/word-list-moderator.ts';
import { wordLists } from '../shared/adapters/moderation/words/index.ts';
import { ServiceBusDeadLetters } from '../shared/adapters/service-bus/service-bus-dead-letters.ts';
import { ServiceBusEventFeed } from '../shared/adapters/service-bus/service-bus-event-feed.ts';
import { ServiceBusOutbox } from '../shared/adapters/service-bus/service-bus-outbox.ts';
import { ServiceBusQueues } from '../shared/adapters/service-bus/service-bus-queues.ts';
import { ServiceBusWebhookTasks } from '../shared/adapters/service-bus/service-bus-webhook-tasks.ts';
import { AccountDirectory } from '../shared/adapters/tables/account-directory.ts';
import { AccountProfiles } from '../shared/adapters/tables/account-profiles.ts';
import { TableAccounts } from '../shared/adapters/tables/table-accounts.ts';
import { TableAudit } from '../shared/adapters/tables/table-audit.ts';
import { TableBlocks } from '../shared/adapters/tables/table-blocks.ts';
import { ConversationHeads } from '../shared/adapters/tables/conversation-heads.ts';
import { TableChangeLog } from '../shared/adapters/tables/table-change-log.ts';
import { TableConversationLog } from '../shared/adapters/tables/table-conversation-log.ts';
import { TableAttachmentLooks } from '../shared/adapters/tables/table-attachment-looks.ts';
import { TableExpiries } from '../shared/adapters/tables/table-expiries.ts';
import { TableFailedTries } from '../shared/adapters/tables/table-failed-tries.ts';
import { TableInbox } from '../shared/adapters/tables/table-inbox.ts';
import { TableJobs } from '../shared/adapters/tables/table-jobs.ts';
import { TableRevocations } from '../shared/adapters/tables/table-revocations.ts';
import { TableMessageSearch } from '../shared/adapters/tables/table-message-search.ts';
import { TablePresence } from '../shared/adapters/tables/table-presence.ts';
import { TableRateBuckets } from '../shared/adapters/tables/table-rate-buckets.ts';
import { TableUserNames } from '../shared/adapters/tables/table-user-names.ts';
import { TableWaitingEvents } from '../shared/adapters/tables/table-waiting-events.ts';
import { TableWebhooks } from '../shared/adapters/tables/table-webhooks.ts';
import { createTables, openTables } from '../shared/adapters/tables/tables.ts';
import { WebPubSubBroadcaster } from '../shared/adapters/web-pubsub/web-pubsub-broadcaster.ts';
import type { EventTrust } from '../shared/auth-config.ts';
import { type Config } from '../shared/config.ts';
import { chatEventOf, cloudEvent } from '../shared/contract/cloud-event.ts';
import {
  checkEnvelope,
  conversationEnvelope,
  jobEnvelope,
  webhookEnvelope,
} from '../shared/contract/queue.ts';
import { EndpointGate } from '../shared/domain/endpoint-gate.ts';
import { newAttachmentId, newJobId } from '../shared/domain/identifiers.ts';
import type { Caller } from '../shared/domain/user.ts';
import { isFor } from '../shared/domain/webhook.ts';
import type { Timer } from '../shared/ports/clock.ts';
import type { EventFeed } from '../shared/ports/event-feed.ts';
import type { Moderator } from '../shared/ports/moderator.ts';
import type { Profiles } from '../shared/ports/profiles.ts';
import type { Directory } from '../shared/ports/directory.ts';
import { acknowledgeInbox } from '../shared/use-cases/acknowledge-inbox.ts';
import { acknowledgeMessages } from '../shared/use-cases/acknowledge-messages.ts';
import { announcePresence } from '../shared/use-cases/announce-presence.ts';
import { applyChange } from '../shared/use-cases/apply-change.ts';
import { archiveConversation } from '../shared/use-cases/archive-conversation.ts';
import { blockUser, listBlocks } from '../shared/use-cases/block-user.ts';
import { callWebhook } from '../shared/use-cases/call-webhook.ts';
import { completeAttachment } from '../shared/use-cases/complete-attachment.ts';
import { checkDelivery } from '../shared/use-cases/check-delivery.ts';
import { checkPresence } from '../shared/use-cases/check-presence.ts';
import { admitClient, connectClient } from '../shared/use-cases/connect-client.ts';
import { countUnread } from '../shared/use-cases/count-unread.ts';
import { createConversation } from '../shared/use-cases/create-conversation.ts';
import { createWebhook } from '../shared/use-cases/create-webhook.ts';
import { deleteWebhook } from '../shared/use-cases/delete-webhook.ts';
import { deliverMessage } from '../shared/use-cases/deliver-message.ts';
import {
  discardDeadLetter,
  getDeadLetter,
  listDeadLetters,
  redriveDeadLetter,
} from '../shared/use-cases/dead-letters.ts';
import { disconnectClient } from '../shared/use-cases/disconnect-client.ts';
import { eraseInConversation } from '../shared/use-cases/erase-in-conversation.ts';
import { eraseStep } from '../shared/use-cases/erase-step.ts';
import { exportStep } from '../shared/use-cases/export-step.ts';
import { getExport } from '../shared/use-cases/get-export.ts';
import { startExport } from '../shared/use-cases/start-export.ts';
import { eraseAnyUser, eraseUser } from '../shared/use-cases/erase-user.ts';
import { findUsers, getUser } from '../shared/use-cases/find-users.ts';
import { getJob } from '../shared/use-cases/get-job.ts';
import { forgetAudit } from '../shared/use-cases/forget-audit.ts';
import { forwardMessage } from '../shared/use-cases/forward-message.ts';
import { deliverWebhookEvent, wakeWebhook } from '../shared/use-cases/deliver-webhook.ts';
import { fanOutEvent } from '../shared/use-cases/fan-out-event.ts';
import { getAttachment } from '../shared/use-cases/get-attachment.ts';
import { getConversation } from '../shared/use-cases/get-conversation.ts';
import { getMessage, listMessageReceipts, listRevisions } from '../shared/use-cases/get-message.ts';
import { getOwnAccount } from '../shared/use-cases/get-own-account.ts';
import { getConversationPresence, getUserPresence } from '../shared/use-cases/get-presence.ts';
import { listConversations } from '../shared/use-cases/list-conversations.ts';
import { listMembers, listReceipts } from '../shared/use-cases/list-members.ts';
import { listWebhooks } from '../shared/use-cases/list-webhooks.ts';
import { logIn } from '../shared/use-cases/log-in.ts';
import { muteConversation } from '../shared/use-cases/mute-conversation.ts';
import { requireMember } from '../shared/use-cases/membership.ts';
import { purgeMessages } from '../shared/use-cases/purge-messages.ts';
import { readAudit } from '../shared/use-cases/read-audit.ts';
import { readChanges } from '../shared/use-cases/read-changes.ts';
import { readStats } from '../shared/use-cases/read-stats.ts';
import { readHistory } from '../shared/use-cases/read-history.ts';
import { readInbox } from '../shared/use-cases/read-inbox.ts';
import { recordReceipt } from '../shared/use-cases/record-receipt.ts';
import { changePassword } from '../shared/use-cases/change-password.ts';
import { logOut } from '../shared/use-cases/log-out.ts';
import { registerUser } from '../shared/use-cases/register-user.ts';
import { requireGoodToken as requireGoodTokenCase } from '../shared/use-cases/require-good-token.ts';
import { reserveAttachment } from '../shared/use-cases/reserve-attachment.ts';
import { runJob } from '../shared/use-cases/run-job.ts';
import { searchMessages } from '../shared/use-cases/search-messages.ts';
import { rejectChange, rejectMessage } from '../shared/use-cases/reject-message.ts';
import { requestChange } from '../shared/use-cases/request-change.ts';
import { continueReplay, replayWebhook } from '../shared/use-cases/replay-webhook.ts';
import { sendMessage } from '../shared/use-cases/send-message.ts';
import { showTyping } from '../shared/use-cases/show-typing.ts';
import { sweepAttachments } from '../shared/use-cases/sweep-attachments.ts';
import { updateAccount } from '../shared/use-cases/update-account.ts';
import { workOff } from '../shared/use-cases/work-off.ts';
import { secretOf } from './cloud-events/mac.ts';
import type { Trust } from './cloud-events/trust.ts';
import { hubName, openClients } from './clients.ts';
import { limitsOf } from './limits.ts';
import { logApart } from './log.ts';
import {
  observedBroadcaster,
  observedInbox,
  observedOutbox,
  observedRateLimiter,
  tracedCheck,
  tracedDelivery,
  tracedReceipts,
} from './telemetry/observed.ts';
import { Telemetry } from './telemetry/telemetry.ts';

/** What all functions are made from. */
export type Services = ReturnType<typeof createServices>;

const systemTimer: Timer = {
  now: () => new Date(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

const authOf = (config: Config, refuse: (caller: Caller) => Promise<void>) => {
  const { auth } = config;
  if (auth.kind === 'oidc') {
    const tokens = (refuseCaller?: typeof refuse) => new OidcTokens(auth.issuers, systemTimer, refuseCaller);
    return { authenticator: tokens(refuse), anyAuthenticator: tokens(), issuer: undefined };
  }
  const tokens = new SharedKeyTokens(auth, systemTimer, refuse);
  const anyAuthenticator = new SharedKeyTokens(auth, systemTimer);
  return { authenticator: tokens, anyAuthenticator, issuer: tokens };
};

const trustOf = (events: EventTrust): Trust => {
  if (events.kind === 'signature') return { accessKeys: [events.accessKey] };
  const authenticator = new OidcTokens(events.issuers, systemTimer);
  return { accessKeys: [], tokens: { authenticator, caller: events.caller } };
};

/** Where users are not ours to know, everybody may be written to. */
const anybody: Directory = { find: (userId) => Promise.resolve(userId) };

/** Nor are their names ours to know then. */
const nobodysProfiles: Profiles = { find: () => Promise.resolve(new Map()) };

/** Where nobody listens, nothing is told. */
const nobodysEvents: EventFeed & { close: () => Promise<void> } = {
  publish: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/** In the order of what they cost. */
const moderatorOf = (
  { moderation }: Config,
  { credential, httpClient }: Pick<ReturnType<typeof openClients>, 'credential' | 'httpClient'>,
): ModeratorPipeline => {
  const { isOn, words, languages, sameTextPerMinute, onFailure, contentSafety } = moderation;
  if (!isOn) return new ModeratorPipeline([]);
  const listed = words.length > 0 ? words : languages.flatMap((language) => wordLists[language]);
  const moderators: Moderator[] = [new WordListModerator(listed), new SpamModerator()];
  if (sameTextPerMinute > 0) moderators.push(new SameTextModerator(systemTimer, sameTextPerMinute));
  if (contentSafety) {
    const analyze = contentSafetyClient({ ...contentSafety, credential, httpClient });
    const report = (reason: string) => logApart('moderation.unanswered', { reason });
    moderators.push(
      new ContentSafetyModerator(analyze, systemTimer, { ...contentSafety, onFailure, report }),
    );
  }
  return new ModeratorPipeline(moderators);
};

/** The composition root: the only place where ports meet their adapters. */
export const createServices = (config: Config, clients = openClients(config)) => {
  const clock = systemTimer;
  const tables = openTables(clients.openTable);

  const heads = new ConversationHeads(tables);
  const log = new TableConversationLog(tables, heads);
  const changes = new TableChangeLog(tables, heads);
  const search = new TableMessageSearch(tables, log);
  const telemetry = new Telemetry(config.telemetry);
  const inbox = observedInbox(new TableInbox(tables), telemetry);
  const expiries = new TableExpiries(tables);
  const presence = new TablePresence(tables, clock);
  const blocks = new TableBlocks(tables, clock);
  const accounts = new TableAccounts(tables);
  const names = new TableUserNames(tables);
  const jobs = new TableJobs(tables);
  const audit = new TableAudit(tables);
  const outbox = observedOutbox(new ServiceBusOutbox(clients.openServiceBus, clock, config), telemetry);
  const webhooks = new TableWebhooks(tables, clock);
  const events = config.tellsEvents
    ? new ServiceBusEventFeed(clients.openServiceBus, async (event) =>
        (await webhooks.list('cached')).some((webhook) => isFor(webhook, event)),
      )
    : nobodysEvents;
  const endpoint = new HttpWebhookEndpoint(config.webhooks);
  const webhookTasks = new ServiceBusWebhookTasks(clients.openServiceBus);
  const broadcaster = observedBroadcaster(new WebPubSubBroadcaster(clients.hub, clock, config), telemetry);
  const attachments = new BlobAttachments(clients.blobs, tables, clock, {
    ...config.attachment,
    accountKey: clients.accountKey,
  });
  const looks = new TableAttachmentLooks(tables);
  const scan = config.attachment.scan === 'defender' ? new DefenderScan(clients.blobs) : noScan;
  const examining = { attachments, scan, outbox, log, clock, newChangeId: randomUUID };
  const files = new BlobExportFiles(clients.blobs, attachments);
  const moderator = moderatorOf(config, clients);
  const hasher = new ScryptPasswordHasher();
  const buckets = new TableRateBuckets(tables);
  const limits = limitsOf(config);
  const limiter = config.rates.areShared
    ? new SharedRateLimiter(clock, buckets, limits)
    : new TokenBucketRateLimiter(clock, limits);
  const rateLimiter = observedRateLimiter(limiter, telemetry);
  const failedTries = config.rates.areShared ? new TableFailedTries(tables) : new MemoryFailedTries();
  const freeTries = config.rates.loginTries;
  const guarded = { accounts, hasher, rateLimiter, failedTries, freeTries, audit, clock, newId: randomUUID };
  const revocations = new TableRevocations(tables, clock, leewaySeconds);
  const requireGoodToken = requireGoodTokenCase({
    revocations,
    hasAccounts: config.auth.kind === 'accounts',
  });
  const { authenticator, anyAuthenticator, issuer } = authOf(config, ({ userId, token }) =>
    requireGoodToken(userId, token),
  );
  const directory = issuer && config.receivers === 'registered' ? new AccountDirectory(accounts) : anybody;
  const profiles = issuer ? new AccountProfiles(accounts, clock) : nobodysProfiles;

  const work = { outbox, timer: systemTimer, random: Math.random };
  const sending = { log, attachments, looks, moderator, rateLimiter, blocks, clock };
  const { inboxGroupSize, maxMembers, restoreDays } = config;
  const bringing = { log, presence, broadcaster, inbox, outbox, expiries, events, clock, inboxGroupSize };
  const deliver = deliverMessage({ ...bringing, blocks });
  const changing = { ...bringing, audit, changes, search, maxMembers, restoreDays };
  const apply = applyChange(changing);
  const erasePiece = eraseInConversation({ ...changing, log, inbox, blocks, attachments });
  const erasing = { accounts: issuer && accounts, names, log, inbox, blocks, presence, broadcaster, clock };
  const writing = exportStep({ log, changes, files, clock });
  const run = runJob({ jobs, outbox, files, eraseStep: eraseStep(erasing), exportStep: writing });
  const check = checkDelivery({
    log,
    inbox,
    presence,
    broadcaster,
    outbox,
    clock,
    minAgeMs: (config.deliveryCheckSeconds * 1000) / 4,
  });
  const announce = announcePresence({
    log,
    blocks,
    presence,
    broadcaster,
    clock,
    presenceGroupSize: config.presenceGroupSize,
  });
  const reject = rejectMessage({ broadcaster, inbox, clock });
  const rejectTheChange = rejectChange({ broadcaster, inbox, clock });
  const deliverInTrace = tracedDelivery(deliver, telemetry, clock);
  const checkInTrace = tracedCheck(check, telemetry);
  const receiving = { log, presence, broadcaster, clock };
  const receipts = tracedReceipts(recordReceipt(receiving), acknowledgeMessages(receiving), telemetry);
  const webhookParts = {
    log,
    audit,
    webhooks,
    waiting: new TableWaitingEvents(tables),
    tasks: webhookTasks,
    outbox,
    call: callWebhook({ webhooks, endpoint, gate: new EndpointGate(), clock }),
    clock,
    random: Math.random,
    giveUpMs: config.webhooks.giveUpHours * 3_600_000,
    tellsEvents: config.tellsEvents,
  };
  const erasures = {
    ...{ jobs, audit, outbox, revocations, clock },
    accounts: issuer && accounts,
    newId: newJobId,
  };
  const deadLetters = new ServiceBusDeadLetters(clients.openServiceBus);
  const operating = { deadLetters, audit, clock, newId: randomUUID };
  const fanOut = fanOutEvent({ webhooks, tasks: webhookTasks });
  const webhookWork = {
    event: deliverWebhookEvent(webhookParts),
    wake: wakeWebhook(webhookParts),
    replay: continueReplay(webhookParts),
  };

  return {
    clock,
    telemetry,
    authenticator,
    /** Lets in also who is erased, and tokens that were taken back. */
    anyAuthenticator,
    http: config.http,
    messageLimits: {
      maxMessageLength: config.message.maxLength,
      maxAttachmentBytes: config.attachment.maxBytes,
    },
    webPubSub: {
      /** As the service names itself when it asks to send events: its host, with the port if that is not the usual. */
      host: new URL(config.webPubSub.endpoint).host,
      hub: hubName,
      trust: trustOf(config.webPubSub.events),
      /** What our own tickets and bindings are signed with. */
      secrets: [secretOf(config.webPubSub.connectionKey)],
    },

    // Undefined without built-in accounts: their functions then say so.
    registerUser: issuer && registerUser({ accounts, names, hasher, rateLimiter, moderator, clock }),
    logIn: issuer && logIn({ ...guarded, issuer }),
    logOut: logOut({ revocations, broadcaster, audit, clock }),
    changePassword: issuer && changePassword({ ...guarded, issuer, revocations, broadcaster }),
    updateAccount: issuer && updateAccount({ accounts, names, moderator }),
    getUser: issuer && getUser({ accounts }),
    findUsers: issuer && findUsers({ accounts, names, rateLimiter }),
    getOwnAccount: getOwnAccount({ accounts: issuer && accounts }),

    sendMessage: sendMessage({ ...sending, outbox, directory, newId: randomUUID }),
    forwardMessage: forwardMessage({ ...sending, outbox, newId: randomUUID }),
    createConversation: createConversation({
      log,
      profiles,
      broadcaster,
      directory,
      blocks,
      moderator,
      rateLimiter,
      clock,
    }),
    getConversation: getConversation({ log, profiles, clock }),
    listConversations: listConversations({ log, profiles, clock }),
    countUnread: countUnread({ log, clock }),
    showTyping: showTyping({
      log,
      presence,
      broadcaster,
      rateLimiter,
      blocks,
      clock,
      typingSeconds: config.typingSeconds,
    }),
    archiveConversation: archiveConversation({ log, broadcaster, clock }),
    muteConversation: muteConversation({ log, broadcaster, clock }),
    searchMessages: searchMessages({ log, search, rateLimiter, clock }),
    requestChange: requestChange({
      log,
      changes,
      outbox,
      moderator,
      rateLimiter,
      directory,
      blocks,
      clock,
      maxMembers,
      newId: randomUUID,
    }),
    readHistory: readHistory({ log, clock }),
    readChanges: readChanges({ log, changes, clock }),
    getMessage: getMessage({ log, clock }),
    listRevisions: listRevisions({ log, changes, clock }),
    listMessageReceipts: listMessageReceipts({ log, clock }),
    listMembers: listMembers({ log, profiles }),
    listReceipts: listReceipts({ log }),
    requireMember: (conversationId: string, userId: string) => requireMember(log, conversationId, userId),
    readInbox: readInbox({ log, inbox, clock }),
    acknowledgeInbox: acknowledgeInbox({ log, inbox, presence, broadcaster, clock }),
    reserveAttachment: reserveAttachment({ ...sending, newId: newAttachmentId }),
    completeAttachment: completeAttachment({ ...examining, rateLimiter }),
    getAttachment: getAttachment({ attachments, log, clock }),
    recordReceipt: receipts.recordReceipt,
    acknowledgeMessages: receipts.acknowledgeMessages,

    blockUser: blockUser({ blocks, directory, clock }),
    listBlocks: listBlocks({ blocks }),

    clientUrl: async (userId: string) => {
      await rateLimiter.take('negotiate', userId);
      return broadcaster.clientUrl(userId);
    },
    requireGoodToken,
    closeConnection: (connectionId: string, reason: string) => broadcaster.close(connectionId, reason),
    admitClient: admitClient({
      presence,
      log,
      broadcaster,
      outbox,
      rateLimiter,
      requireGoodToken,
      clock,
      maxConnections: config.maxConnectionsPerUser,
    }),
    connectClient: connectClient({ log, broadcaster, clock }),
    disconnectClient: disconnectClient({ presence, outbox, clock }),
    getUserPresence: getUserPresence({ log, presence, blocks }),
    getConversationPresence: getConversationPresence({ log, presence, blocks }),

    purgeMessages: purgeMessages({
      expiries,
      changes,
      log,
      inbox,
      attachments,
      search,
      clock,
      restoreDays,
    }),
    forgetLimits: () => buckets.forgetFull(clock.now()),
    forgetAudit: forgetAudit({ audit, clock, auditDays: config.auditDays }),
    sweepAttachments: sweepAttachments({ ...examining, looks }),
    checkPresence: checkPresence({ presence, broadcaster, outbox, clock }),

    deliverMessage: workOff(work, conversationEnvelope, {
      handle: async (envelope) => {
        const tracing = { traceparent: envelope.traceparent };
        if (envelope.kind === 'change') return { change: await apply(envelope.change, tracing) };
        if (envelope.kind === 'erasure') return { piece: await erasePiece(envelope.piece, tracing) };
        return { message: await deliverInTrace(envelope.message, tracing) };
      },
      refused: async (envelope, code) => {
        if (envelope.kind === 'change') await rejectTheChange(envelope.change, code);
        if (envelope.kind === 'message') {
          await reject(envelope.message, code);
          telemetry.count('rejected', { code });
        }
      },
    }),
    runJob: workOff(work, jobEnvelope, {
      handle: ({ job, traceparent }) => run(job, { traceparent }),
    }),
    eraseUser: eraseUser(erasures),
    eraseAnyUser: eraseAnyUser(erasures),
    getJob: getJob({ jobs }),
    startExport: startExport({ log, jobs, audit, outbox, rateLimiter, clock, newId: newJobId }),
    getExport: getExport({ jobs, log, files }),

    checkDelivery: workOff(work, checkEnvelope, {
      handle: async (envelope) => {
        if (envelope.kind === 'check')
          return { kept: await checkInTrace(envelope.check, { traceparent: envelope.traceparent }) };
        return { told: await announce(envelope.userId) };
      },
    }),

    createWebhook: createWebhook({ webhooks, audit, endpoint, clock, tellsEvents: config.tellsEvents }),
    listWebhooks: listWebhooks({ webhooks }),
    deleteWebhook: deleteWebhook({ webhooks, audit, clock, newId: randomUUID }),
    replayWebhook: replayWebhook(webhookParts),
    fanOutEvent: workOff(work, cloudEvent, {
      handle: (event) => fanOut(chatEventOf(event), { traceparent: event.traceparent }),
    }),
    deliverWebhook: workOff(work, webhookEnvelope, {
      handle: ({ task, traceparent }) => {
        if (task.kind === 'event') return webhookWork.event(task, { traceparent });
        if (task.kind === 'wake') return webhookWork.wake(task, { traceparent });
        return webhookWork.replay(task, { traceparent });
      },
    }),

    readAudit: readAudit({ audit, clock, newId: randomUUID }),
    readStats: readStats({ queues: new ServiceBusQueues(clients.openServiceBus), webhooks, clock }),
    listDeadLetters: listDeadLetters({ deadLetters }),
    getDeadLetter: getDeadLetter(operating),
    redriveDeadLetter: redriveDeadLetter(operating),
    discardDeadLetter: discardDeadLetter(operating),

    checkReadiness: async (): Promise<void> => {
      await log.head('d-readiness');
    },
    /** Creates what is missing of tables and containers. */
    prepare: async (): Promise<void> => {
      await Promise.all([createTables(tables), attachments.createContainer(), files.createContainer()]);
    },
    close: async (): Promise<void> => {
      await Promise.all([outbox.close(), events.close(), webhookTasks.close()]);
      await telemetry.close();
    },
  };
};
