import { odata, type TransactionAction } from '@azure/data-tables';
import type { ChatEventType } from '../../domain/chat-event.ts';
import { ChatError } from '../../domain/errors.ts';
import { maxWebhooks, type Webhook, type WebhookHealth } from '../../domain/webhook.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Webhooks } from '../../ports/webhooks.ts';
import { guard, isStatus, tooContended } from './errors.ts';
import { encodeKey } from './keys.ts';
import { findRow, listRows, type Tables } from './tables.ts';

/** Age at which the list is read again, while the one at hand still serves. */
const refreshMs = 5_000;
/** Age at which it no longer serves. */
const maxAgeMs = 10_000;
const maxTries = 10;

/** All webhooks are one partition: there are few, and only a transaction can keep them few. */
const partitionKey = 'webhooks';
const headKey = 'head';
const hookKey = (webhookId: string): string => `hook|${encodeKey(webhookId)}`;
/** In rows of their own, so that no list reads secrets. */
const secretKey = (webhookId: string): string => `secret|${encodeKey(webhookId)}`;

interface HookRow {
  webhookId: string;
  url: string;
  /** JSON */
  events: string;
  conversationId?: string;
  createdBy: string;
  createdAt: string;
  /** WebhookHealth as JSON. */
  health: string;
}

const rowOf = ({
  webhookId,
  url,
  events,
  conversationId,
  createdBy,
  createdAt,
  ...health
}: Webhook): HookRow => ({
  webhookId,
  url,
  events: JSON.stringify(events),
  ...(conversationId !== null && { conversationId }),
  createdBy,
  createdAt,
  health: healthColumn(health),
});

const healthColumn = ({ status, failingSince, lastError }: WebhookHealth): string =>
  JSON.stringify({ status, failingSince, lastError });

const webhookOf = (row: HookRow): Webhook => ({
  webhookId: row.webhookId,
  url: row.url,
  events: JSON.parse(row.events) as ChatEventType[] | null,
  conversationId: row.conversationId ?? null,
  createdBy: row.createdBy,
  createdAt: row.createdAt,
  ...(JSON.parse(row.health) as WebhookHealth),
});

/** The table `Webhooks`. Every message asks for the list, so it is kept for a few seconds. */
export class TableWebhooks implements Webhooks {
  readonly #table: Tables['webhooks'];
  readonly #clock: Clock;
  readonly #secrets = new Map<string, string>();
  #known: { webhooks: Webhook[]; at: number } | undefined;
  #asking: Promise<Webhook[]> | undefined;

  constructor(tables: Pick<Tables, 'webhooks'>, clock: Clock) {
    this.#table = tables.webhooks;
    this.#clock = clock;
  }

  async add(webhook: Webhook, secret: string): Promise<void> {
    const { webhookId } = webhook;
    for (let tries = 0; tries < maxTries; tries++) {
      // The head before the list: whoever adds one in between changes it, and this transaction fails.
      const head = await findRow<{ added: number }>(this.#table, partitionKey, headKey);
      if ((await this.list('now')).length >= maxWebhooks)
        throw new ChatError('too-many-webhooks', `There are ${maxWebhooks} webhooks, which is the most.`);
      const next = { partitionKey, rowKey: headKey, added: (head?.added ?? 0) + 1 };
      const actions: TransactionAction[] = [
        head ? ['update', next, 'Merge', { etag: head.etag }] : ['create', next],
        ['create', { partitionKey, rowKey: hookKey(webhookId), ...rowOf(webhook) }],
        ['create', { partitionKey, rowKey: secretKey(webhookId), secret }],
      ];
      try {
        await guard(() => this.#table.submitTransaction(actions));
        this.#known = undefined;
        return;
      } catch (error) {
        if (!isStatus(error, 409, 412)) throw error;
      }
    }
    throw tooContended('The list of webhooks');
  }

  list(freshness: 'cached' | 'now'): Promise<Webhook[]> {
    if (freshness === 'now') return this.#read();
    const age = this.#known ? this.#clock.now().getTime() - this.#known.at : Infinity;
    if (this.#known && age >= 0 && age < refreshMs) return Promise.resolve(this.#known.webhooks);
    this.#asking ??= this.#read().finally(() => (this.#asking = undefined));
    if (!this.#known || age < 0 || age >= maxAgeMs) return this.#asking;
    this.#asking.catch(() => undefined); // if it cannot be read, that shows when the one at hand is too old
    return Promise.resolve(this.#known.webhooks);
  }

  async secretOf(webhookId: string): Promise<string | undefined> {
    const known = this.#secrets.get(webhookId);
    if (known !== undefined) return known;
    const row = await findRow<{ secret: string }>(this.#table, partitionKey, secretKey(webhookId));
    if (!row) return undefined;
    if (this.#secrets.size >= 10 * maxWebhooks) this.#secrets.clear();
    this.#secrets.set(webhookId, row.secret);
    return row.secret;
  }

  async note(webhookId: string, health: WebhookHealth): Promise<void> {
    const row = { partitionKey, rowKey: hookKey(webhookId), health: healthColumn(health) };
    try {
      await guard(() => this.#table.updateEntity(row, 'Merge'));
      this.#known = undefined;
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
    }
  }

  async remove(webhookId: string): Promise<boolean> {
    this.#secrets.delete(webhookId);
    try {
      await guard(() =>
        this.#table.submitTransaction([
          ['delete', { partitionKey, rowKey: hookKey(webhookId) }],
          ['delete', { partitionKey, rowKey: secretKey(webhookId) }],
        ]),
      );
      return true;
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
      return false;
    } finally {
      this.#known = undefined;
    }
  }

  async #read(): Promise<Webhook[]> {
    const at = this.#clock.now().getTime();
    const filter = odata`PartitionKey eq ${partitionKey} and RowKey ge 'hook|' and RowKey lt 'hook}'`;
    const rows = await listRows(this.#table, filter);
    const webhooks = rows
      .map((row) => webhookOf(row as unknown as HookRow))
      .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
    this.#known = { webhooks, at };
    return webhooks;
  }
}
