import { acknowledgeInbox } from './acknowledge-inbox.ts';
import { archiveConversation, unarchiveConversation } from './archive-conversation.ts';
import { blockUser, unblockUser } from './block-user.ts';
import { addMembers, changeMember, removeMember } from './change-members.ts';
import { deleteMessage, editMessage, restoreMessage } from './change-message.ts';
import { changePassword } from './change-password.ts';
import { completeAttachment } from './complete-attachment.ts';
import { countUnread } from './count-unread.ts';
import { createConversation } from './create-conversation.ts';
import { eraseOwnAccount } from './erase-own-account.ts';
import { getExport, startExport } from './exports.ts';
import { findUsers, getUser } from './find-users.ts';
import { forwardMessage } from './forward-message.ts';
import { createWebhook } from './create-webhook.ts';
import { deleteWebhook } from './delete-webhook.ts';
import { getAttachment } from './get-attachment.ts';
import { getConversationPresence } from './get-conversation-presence.ts';
import { getConversation } from './get-conversation.ts';
import { getDocs } from './get-docs.ts';
import { getOpenApi } from './get-openapi.ts';
import { getJob } from './get-job.ts';
import { getMessage } from './get-message.ts';
import { getOwnAccount } from './get-own-account.ts';
import { getUserPresence } from './get-user-presence.ts';
import { live, ready } from './health.ts';
import { guardBrowsers } from './http/headers.ts';
import { publish } from './http/published.ts';
import type { Route } from './http/route.ts';
import { listBlocks } from './list-blocks.ts';
import { listChanges } from './list-changes.ts';
import { listConversations } from './list-conversations.ts';
import { listMembers } from './list-members.ts';
import { listMessageReceipts } from './list-message-receipts.ts';
import { listMessages } from './list-messages.ts';
import { listReceipts } from './list-receipts.ts';
import { listRevisions } from './list-revisions.ts';
import { listWebhooks } from './list-webhooks.ts';
import { logIn } from './log-in.ts';
import { logOut } from './log-out.ts';
import { muteConversation, unmuteConversation } from './mute-conversation.ts';
import { negotiate } from './negotiate.ts';
import { describeApi } from './openapi/document.ts';
import { pageOf } from './openapi/page.ts';
import { pinMessage, unpinMessage } from './pin-message.ts';
import { addReaction, removeReaction } from './react-to-message.ts';
import { readAudit } from './read-audit.ts';
import { readInbox } from './read-inbox.ts';
import { markDelivered, markRead } from './record-receipt.ts';
import { registerUser } from './register-user.ts';
import { replayWebhook } from './replay-webhook.ts';
import { reserveAttachment } from './reserve-attachment.ts';
import { searchMessages } from './search-messages.ts';
import { sendMessage } from './send-message.ts';
import { sendToConversation } from './send-to-conversation.ts';
import type { Services } from './services.ts';
import { showTyping } from './show-typing.ts';
import { discardDeadLetter, getDeadLetter, listDeadLetters, redriveDeadLetter } from './dead-letters.ts';
import { eraseUser } from './erase-user.ts';
import { readStats } from './read-stats.ts';
import { deleteConversation, updateConversation } from './update-conversation.ts';
import { updateOwnAccount } from './update-own-account.ts';
import { allowWebPubSub, webPubSubEvents } from './web-pubsub-events.ts';

/** Makes something at the first asking, and keeps it. */
const once = <T>(make: () => T): (() => T) => {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
};

/** All HTTP functions. What is in this table is registered, described in the document and held to its `access` by tests. */
export const routesOf = (services: Services): Route[] => {
  const routes = [
    sendMessage,
    sendToConversation,
    listMessages,
    searchMessages,
    listChanges,
    getMessage,
    editMessage,
    deleteMessage,
    restoreMessage,
    forwardMessage,
    listRevisions,
    listMessageReceipts,
    addReaction,
    removeReaction,
    pinMessage,
    unpinMessage,
    listReceipts,
    markRead,
    markDelivered,
    createConversation,
    listConversations,
    getConversation,
    updateConversation,
    deleteConversation,
    listMembers,
    addMembers,
    changeMember,
    removeMember,
    archiveConversation,
    unarchiveConversation,
    muteConversation,
    unmuteConversation,
    countUnread,
    readInbox,
    acknowledgeInbox,
    reserveAttachment,
    completeAttachment,
    getAttachment,
    startExport,
    getExport,
    negotiate,
    showTyping,
    getConversationPresence,
    getUserPresence,
    registerUser,
    logIn,
    logOut,
    changePassword,
    getOwnAccount,
    updateOwnAccount,
    eraseOwnAccount,
    getJob,
    findUsers,
    getUser,
    blockUser,
    unblockUser,
    listBlocks,
    createWebhook,
    listWebhooks,
    deleteWebhook,
    replayWebhook,
    readAudit,
    readStats,
    listDeadLetters,
    getDeadLetter,
    redriveDeadLetter,
    discardDeadLetter,
    eraseUser,
    live,
    ready,
    allowWebPubSub,
    webPubSubEvents,
  ].map((route) => route(services));
  const describe = once(() => describeApi(routes, services.messageLimits));
  routes.push(
    getOpenApi(
      services,
      once(() => publish(JSON.stringify(describe()))),
    ),
    getDocs(
      services,
      once(() => publish(pageOf(describe()))),
    ),
  );
  return routes.map((route) => guardBrowsers(route, services.http.allowedOrigins));
};
