import { PermanentFailure } from '../../domain/errors.ts';
import { isAttachmentId, isJobId } from '../../domain/identifiers.ts';

/**
 * The name of a blob: an id of our making and nothing else, so that no path, query or other container can be named
 * through it. What a file was called is kept beside it, for display.
 * @throws PermanentFailure which does not repeat the id: it may be anything that somebody sent
 */
export const blobNameOf = (id: string): string => {
  if (isAttachmentId(id) || isJobId(id)) return id;
  throw new PermanentFailure('A name for a blob was not made by us.');
};
