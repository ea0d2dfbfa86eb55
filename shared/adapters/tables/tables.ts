import type { TableClient, TableEntityResult } from '@azure/data-tables';
import { guard, isStatus } from './errors.ts';
import { withOwnKeys } from './own-keys.ts';

/** The tables of the app; created with the app's other resources (`infra/storage.json`), or at its first start. */
export const tableNames = {
  conversations: 'Conversations',
  userConversations: 'UserConversations',
  inbox: 'ChatMessages',
  users: 'Users',
  userNames: 'UserNames',
  presence: 'Presence',
  attachments: 'Attachments',
  attachmentLooks: 'AttachmentLooks',
  blocks: 'Blocks',
  searchSegments: 'SearchSegments',
  jobs: 'Jobs',
  expiries: 'Expiries',
  webhooks: 'Webhooks',
  waitingEvents: 'WaitingEvents',
  audit: 'Audit',
  rateLimits: 'RateLimits',
} as const;

export type Tables = Record<keyof typeof tableNames, TableClient>;

/** Makes one client per table. Rows go in and out under keys of our making only. */
export const openTables = (open: (name: string) => TableClient): Tables => {
  const opened = Object.entries(tableNames).map(([table, name]) => [table, withOwnKeys(open(name))] as const);
  return Object.fromEntries(opened) as Tables;
};
/** Creates the tables that are missing. */
export const createTables = async (tables: Tables): Promise<void> => {
  await Promise.all(Object.values(tables).map((table) => guard(() => table.createTable())));
};

/** One row, or undefined. @throws ChatError `unavailable` */
export const findRow = async <T extends object>(
  table: TableClient,
  partitionKey: string,
  rowKey: string,
): Promise<TableEntityResult<T> | undefined> => {
  try {
    return await guard(() => table.getEntity<T>(partitionKey, rowKey));
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
};

/** All rows of a query, or its first `limit`. @param filter built with the odata tag. @throws ChatError `unavailable` */
export const listRows = (
  table: TableClient,
  filter: string,
  { limit = Infinity, select }: { limit?: number; select?: string[] } = {},
): Promise<TableEntityResult<Record<string, unknown>>[]> =>
  guard(async () => {
    const rows: TableEntityResult<Record<string, unknown>>[] = [];
    if (limit <= 0) return rows;
    const pages = table
      .listEntities({ queryOptions: { filter, ...(select && { select }) } })
      .byPage({ maxPageSize: Math.min(limit, 1000) });
    for await (const page of pages) {
      rows.push(...page);
      if (rows.length >= limit) break;
    }
    return rows.length > limit ? rows.slice(0, limit) : rows;
  });
