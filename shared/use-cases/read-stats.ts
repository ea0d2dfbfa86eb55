import type { Stats } from '../contract/operations.ts';
import type { Caller } from '../domain/user.ts';
import type { Webhook } from '../domain/webhook.ts';
import type { Clock } from '../ports/clock.ts';
import type { Queues } from '../ports/queues.ts';
import type { Webhooks } from '../ports/webhooks.ts';
import { requireAdmin } from './require-admin.ts';

export interface ReadStatsParts {
  queues: Queues;
  webhooks: Pick<Webhooks, 'list'>;
  clock: Clock;
}

/** What waits and what has failed, as of now. @throws ChatError `not-permitted`, `unavailable` */
export const readStats =
  ({ queues, webhooks, clock }: ReadStatsParts) =>
  async (caller: Caller): Promise<Stats> => {
    requireAdmin(caller);
    const [counts, hooks] = await Promise.all([queues.count(), webhooks.list('now')]);
    const of = (status: Webhook['status']) => hooks.filter((hook) => hook.status === status).length;
    return {
      at: clock.now().toISOString(),
      queues: counts,
      webhooks: { active: of('active'), failing: of('failing'), disabled: of('disabled') },
    };
  };
