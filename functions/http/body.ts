import type { HttpRequest } from '@azure/functions';
import type { z } from 'zod';
import { ChatError, type FieldError } from '../../shared/domain/errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** The refusal of a body beyond the limit. */
export const tooLarge = (maxBytes: number): ChatError =>
  new ChatError(
    'request-too-large',
    `The body is larger than ${maxBytes} bytes, which is the most that is accepted.`,
  );

/** RFC 6901 */
const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** Validates a value against the contract. @throws ChatError `malformed-request` naming each wrong field. */
export const parse = <T extends z.ZodType>(schema: T, value: unknown): z.infer<T> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors: FieldError[] = result.error.issues.map(({ path, message }) => ({
    pointer: pointerOf(path),
    detail: message,
  }));
  throw new ChatError(
    'malformed-request',
    'The request is malformed; errors says where and what is allowed.',
    { errors },
  );
};

/**
 * The JSON body of a request, not yet validated.
 * @throws ChatError `unsupported-media-type`, `request-too-large`, `malformed-request`
 */
export const readJson = async (request: HttpRequest, maxBytes: number): Promise<unknown> => {
  const contentType =
    (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (!/^application\/(json|[\w.+-]+\+json)$/.test(contentType))
    throw new ChatError('unsupported-media-type', 'Send the body as application/json.');
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > maxBytes) throw tooLarge(maxBytes);
  if (bytes.byteLength === 0)
    throw new ChatError('malformed-request', 'The body is empty; a JSON object is expected.');
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw new ChatError('malformed-request', 'The body is not JSON in UTF-8.', { cause });
  }
};
