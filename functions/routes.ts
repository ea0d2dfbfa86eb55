import { acknowledgeInbox } from './messages/acknowledge-inbox.ts';
import { archiveConversation, unarchiveConversation } from './conversations/archive-conversation.ts';
import { blockUser, unblockUser } from './users/block-user.ts';
import { addMembers, changeMember, removeMember } from './conversations/change-members.ts';
import { deleteMessage, editMessage, restoreMessage } from './messages/change-message.ts';
import { changePassword } from './users/change-password.ts';
import { completeAttachment } from './attachments/complete-attachment.ts';
import { countUnread } from './messages/count-unread.ts';
import { createConversation } from './conversations/create-conversation.ts';
import { eraseOwnAccount } from './users/erase-own-account.ts';
import { getExport, startExport } from './admin/exports.ts';
import { findUsers, getUser } from './users/find-users.ts';
import { forwardMessage } from './messages/forward-message.ts';
import { createWebhook } from './admin/create-webhook.ts';
import { deleteWebhook } from './admin/delete-webhook.ts';
import { getAttachment } from './attachments/get-attachment.ts';
import { getConversationPresence } from './conversations/get-conversation-presence.ts';
import { getConversation } from './conversations/get-conversation.ts';
import { getDocs } from './about/get-docs.ts';
import { getOpenApi } from './about/get-openapi.ts';
import { getJob } from './admin/get-job.ts';
import { getMessage } from './messages/get-message.ts';
import { getOwnAccount } from './users/get-own-account.ts';
import { getUserPresence } from './users/get-user-presence.ts';
import { live, ready } from './about/health.ts';
import { guardBrowsers } from './http/headers.ts';
import { publish } from './http/published.ts';
import type { Route } from './http/route.ts';
import { listBlocks } from './users/list-blocks.ts';
import { listChanges } from './conversations/list-changes.ts';
import { listConversations } from './conversations/list-conversations.ts';
import { listMembers } from './conversations/list-members.ts';
import { listMessageReceipts } from './messages/list-message-receipts.ts';
import { listMessages } from './messages/list-messages.ts';
import { listReceipts } from './messages/list-receipts.ts';
import { listRevisions } from './messages/list-revisions.ts';
import { listWebhooks } from './admin/list-webhooks.ts';
import { logIn } from './users/log-in.ts';
import { logOut } from './users/log-out.ts';
import { muteConversation, unmuteConversation } from './conversations/mute-conversation.ts';
import { negotiate } from './users/negotiate.ts';
import { describeApi } from './openapi/document.ts';
import { pageOf } from './openapi/page.ts';
import { pinMessage, unpinMessage } from './messages/pin-message.ts';
import { addReaction, removeReaction } from './messages/react-to-message.ts';
import { readAudit } from './admin/read-audit.ts';
import { readInbox } from './messages/read-inbox.ts';
import { markDelivered, markRead } from './messages/record-receipt.ts';
import { registerUser } from './users/register-user.ts';
import { replayWebhook } from './admin/replay-webhook.ts';
import { reserveAttachment } from './attachments/reserve-attachment.ts';
import { searchMessages } from './messages/search-messages.ts';
import { sendMessage } from './messages/send-message.ts';
import { sendToConversation } from './messages/send-to-conversation.ts';
import type { Services } from './services.ts';
import { showTyping } from './messages/show-typing.ts';
import {
  discardDeadLetter,
  getDeadLetter,
  listDeadLetters,
  redriveDeadLetter,
} from './admin/dead-letters.ts';
import { eraseUser } from './admin/erase-user.ts';
import { readStats } from './admin/read-stats.ts';
import { deleteConversation, updateConversation } from './conversations/update-conversation.ts';
import { updateOwnAccount } from './users/update-own-account.ts';
import { allowWebPubSub, webPubSubEvents } from './cloud-events/web-pubsub-events.ts';

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
