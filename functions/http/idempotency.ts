import type { HttpRequest } from '@azure/functions';
import { idempotencyKey } from '../../shared/contract/changes.ts';
import { parse } from './body.ts';

/** Of the descriptions of routes that read it. */
export const idempotencyNote =
  'Give the header `Idempotency-Key`, any text of yours of 1 to 128 characters, and asking again changes nothing.';

/**
 * The client's own id for what it asks for.
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 * @throws ChatError `malformed-request`
 */
export const idempotencyKeyOf = (request: HttpRequest): string | undefined =>
  parse(idempotencyKey, request.headers.get('idempotency-key'));
