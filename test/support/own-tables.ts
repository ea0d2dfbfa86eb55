import { afterAll, beforeAll } from 'vitest';
import type { Tables } from '../../shared/adapters/tables/tables.ts';
import { type Azurite, startTables } from './azurite.ts';

/**
 * An Azurite of a test file's own, with the app's tables, all empty. To be called at the top of the file, once; what it gives
 * is filled before the first test and before later `beforeAll`s.
 */
export const ownTables = (): { azurite: Azurite; tables: Tables } => {
  const own = { azurite: {} as Azurite, tables: {} as Tables };
  beforeAll(async () => {
    const { azurite, tables } = await startTables();
    Object.assign(own.azurite, azurite);
    Object.assign(own.tables, tables);
  }, 60_000);
  afterAll(() => own.azurite.stop());
  return own;
};
