import { auditQuery } from '../../../shared/contract/audit.ts';
import { randomUUID } from 'node:crypto';
import { registrationRequest, usersQuery } from '../../../shared/contract/accounts.ts';
import { reserveAttachmentRequest } from '../../../shared/contract/attachments.ts';
import { asCloudEvent } from '../../../shared/contract/cloud-event.ts';
import { pageQuery } from '../../../shared/contract/lists.ts';
import { envelopeVersion } from '../../../shared/contract/queue.ts';
import { exportRequest } from '../../../shared/contract/jobs.ts';
import { newWebhook, replayRequest } from '../../../shared/contract/webhooks.ts';
import { sendMessageRequest } from '../../../shared/contract/send-message.ts';
import type { ChatEvent } from '../../../shared/domain/chat-event.ts';
import { aCaller, aToken, aUser } from '../../support/builders.ts';
import { tracing } from '../../support/fakes.ts';
import type { CountedChat, UseCase } from './chat.ts';

const admin = aCaller('admin', 'admin');
const address = '192.0.2.1';
const password = 'open sesame';
const registration = ({ username }: { username: string }) =>
  registrationRequest.parse({ username, password, fullName: username });

/** What there is only with accounts of our own, which are switched on here. */
const having = <T>(service: T | undefined): T => {
  if (service === undefined) throw new Error('There are no accounts.');
  return service;
};

/** Accounts, files, webhooks, and what is done step by step. */
export const peopleAndJobs = (chat: CountedChat): Record<string, UseCase> => {
  const { services, aPair, deliver } = chat;

  const register = async (): Promise<{ userId: string; username: string }> => {
    const username = `u${randomUUID().replaceAll('-', '').slice(0, 12)}`;
    const account = await having(services.registerUser)(registration({ username }), address);
    return { userId: account.userId, username };
  };
  const createWebhook = async (conversationId: string): Promise<string> => {
    // Nobody listens at its URL.
    const request = newWebhook.parse({ url: 'http://127.0.0.1:9/', conversationId });
    return (await services.createWebhook(admin, () => Promise.resolve(request))).webhook.webhookId;
  };
  const reserve = (userId: string, conversationId: string) => {
    const file = { conversationId, fileName: 'a.txt', contentType: 'text/plain', size: 3 };
    const read = () => Promise.resolve(reserveAttachmentRequest(services.messageLimits).parse(file));
    return services.reserveAttachment(userId, conversationId, read);
  };
  const aWebhook = async () => {
    const { conversationId } = await aPair();
    return { conversationId, webhookId: await createWebhook(conversationId) };
  };
  const sent = (conversationId: string): ChatEvent => ({
    ...{ id: randomUUID(), type: 'message.sent', conversationId, at: new Date().toISOString() },
    data: { seq: 1, conversationType: 'direct', memberCount: 2 },
  });
  const startExport = (userId: string, conversationId: string) =>
    services.startExport(
      userId,
      conversationId,
      () => Promise.resolve(exportRequest.parse({ conversationId })),
      tracing,
    );
  const anExport = async () => {
    const { ann, conversationId } = await aPair();
    return { ann, ...(await startExport(ann, conversationId)) };
  };
  const step = (jobId: string) =>
    services.runJob({ v: envelopeVersion, kind: 'job', ...tracing, job: { jobId, step: 0 } });

  return {
    registering: () => Promise.resolve(register),
    'logging in': async () => {
      const { username } = await register();
      return () => having(services.logIn)({ username, password }, address);
    },
    'checking the token of a caller for the first time': () =>
      Promise.resolve(() => services.requireGoodToken(aUser('ann'), aToken())),
    'checking it again': async () => {
      const [ann, token] = [aUser('ann'), aToken()];
      await services.requireGoodToken(ann, token);
      return () => services.requireGoodToken(ann, token);
    },
    'logging out': async () => {
      const caller = aCaller(aUser('ann'));
      await services.requireGoodToken(caller.userId, caller.token); // whoever logs out has been here before
      return () => services.logOut(caller);
    },
    'closing a connection whose token is good no more': async () => {
      await chat.connect(aUser('ann'), 'refused');
      return () => services.closeConnection('refused', 'You have logged out.');
    },
    'changing the password': async () => {
      const { userId } = await register();
      const change = { currentPassword: password, newPassword: 'battery staple' };
      return () => having(services.changePassword)(userId, change, address);
    },
    'looking at one’s own account': async () => {
      const { userId } = await register();
      return () => services.getOwnAccount(userId);
    },
    'changing one’s name': async () => {
      const { userId } = await register();
      return () => having(services.updateAccount)(userId, { fullName: 'Ann Other' });
    },
    'looking at a profile': async () => {
      const { userId } = await register();
      return () => having(services.getUser)(userId);
    },
    'finding a user by name': async () => {
      const { userId, username } = await register();
      return () => having(services.findUsers)(userId, usersQuery.parse({ q: username }));
    },
    'blocking a user': async () => {
      const { ann, bo } = await aPair();
      return () => services.blockUser(ann, bo, true);
    },
    'listing who is blocked': async () => {
      const { ann, bo } = await aPair();
      await services.blockUser(ann, bo, true);
      return () => services.listBlocks(ann, pageQuery.parse({}));
    },
    'the URL of an attachment': async () => {
      const { ann, bo, from } = await aPair();
      const file = { fileName: 'a.txt', contentType: 'text/plain', size: 3 };
      const draft = sendMessageRequest(services.messageLimits).parse({ receiverId: bo, attachment: file });
      const { attachment, clientMessageId } = await services.sendMessage(
        ann,
        { conversationId: undefined, draft: () => Promise.resolve(draft) },
        tracing,
      );
      if (!attachment) throw new Error('There is no URL to upload to.');
      const { attachmentId, uploadUrl } = attachment;
      await deliver(
        from({ clientMessageId, attachment: { ...file, attachmentId, sha256: null, availableAt: null } }),
      );
      await fetch(uploadUrl, { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body: 'txt' });
      await services.completeAttachment(ann, attachmentId, tracing);
      return () => services.getAttachment(ann, attachmentId);
    },
    'reserving an attachment': async () => {
      const { ann, conversationId } = await aPair();
      return () => reserve(ann, conversationId);
    },
    'completing an attachment': async () => {
      const { ann, conversationId } = await aPair();
      const { attachmentId, uploadUrl } = await reserve(ann, conversationId);
      await fetch(uploadUrl, { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body: 'txt' });
      return () => services.completeAttachment(ann, attachmentId, tracing);
    },
    'looking after attachments, of which none is due': () =>
      Promise.resolve(() => services.sweepAttachments(tracing)),
    'creating a webhook': async () => {
      const { conversationId } = await aPair();
      return () => createWebhook(conversationId);
    },
    'listing webhooks': async () => {
      await aWebhook();
      return () => services.listWebhooks(admin);
    },
    'removing a webhook': async () => {
      const { webhookId } = await aWebhook();
      return () => services.deleteWebhook(admin, webhookId);
    },
    'asking for a replay': async () => {
      const { webhookId, conversationId } = await aWebhook();
      return () =>
        services.replayWebhook(
          admin,
          webhookId,
          () => Promise.resolve(replayRequest.parse({ conversationId })),
          tracing,
        );
    },
    'handing an event to one webhook': async () => {
      const { conversationId } = await aWebhook();
      return () => services.fanOutEvent(asCloudEvent(sent(conversationId), tracing.traceparent));
    },
    'an event that a webhook does not take': async () => {
      const { webhookId, conversationId } = await aWebhook();
      const task = { kind: 'event', webhookId, event: sent(conversationId) };
      return () => services.deliverWebhook({ v: envelopeVersion, kind: 'webhook', ...tracing, task });
    },
    'asking for an export': async () => {
      const { ann, conversationId } = await aPair();
      return () => startExport(ann, conversationId);
    },
    'a step of an export': async () => {
      const { exportId } = await anExport();
      return () => step(exportId);
    },
    'looking at an export': async () => {
      const { ann, exportId } = await anExport();
      return () => services.getExport(ann, exportId);
    },
    'asking for erasure': () => Promise.resolve(() => services.eraseUser(aUser('ann'), tracing)),
    'looking at an erasure': async () => {
      const { jobId } = await services.eraseUser(aUser('ann'), tracing);
      return () => services.getJob(jobId);
    },
    'looking at the audit': () =>
      Promise.resolve(() => services.readAudit(admin, () => auditQuery.parse({}))),
  };
};
