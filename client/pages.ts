import type { Page } from './contract.ts';

/** All pages of a list, one after the other. @param ask for the first page without a cursor @internal */
export async function* pages<P extends Page<unknown>>(
  ask: (cursor: string | undefined) => Promise<P>,
): AsyncGenerator<P, void> {
  let cursor: string | undefined;
  do {
    const page = await ask(cursor);
    yield page;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}
