import { z } from 'zod';
import { chatErrorCodes, type FieldError } from '../domain/errors.ts';
import type { EventError, EventErrorCode } from '../domain/event.ts';
import { rejectionReasons } from '../domain/moderation.ts';
import { exactly } from './exactly.ts';

/** What is wrong with a request field by field. */
const fieldError = exactly<FieldError>()(
  z.object({
    pointer: z.string().meta({ description: 'JSON pointer (RFC 6901) into the body or the query.' }),
    detail: z.string().meta({ description: 'What is allowed there.' }),
  }),
);

/** Why a text was refused. */
const rejectionReason = z
  .exactOptional(z.enum(rejectionReasons))
  .meta({ description: 'With `message-rejected`. Stable: switch on it.' });

/** The body of every refusal: RFC 9457. */
export const problem = z
  .object({
    type: z.string().meta({ description: 'Where the code is explained.' }),
    title: z.string(),
    status: z.int(),
    code: z.enum([...chatErrorCodes, 'internal-error']).meta({ description: 'Stable: switch on it.' }),
    detail: z.string().meta({ description: 'For people.' }),
    instance: z.string().meta({ description: 'The invocation.' }),
    traceId: z.string().meta({ description: 'Finds the request in the logs.' }),
    errors: z.exactOptional(z.array(fieldError)).meta({ description: 'With `malformed-request`.' }),
    reason: rejectionReason,
  })
  .meta({ id: 'Problem', description: 'A refusal (RFC 9457).' });

/** Over a socket everything can go wrong that can over HTTP. */
export const eventErrorCode = exactly<EventErrorCode>()(
  z.enum([...chatErrorCodes, 'unknown-event', 'internal-error']),
);

/** Why an event of a client was not done. */
export const eventError = exactly<EventError>()(
  z.object({
    code: eventErrorCode,
    message: z.string(),
    retryAfter: z
      .exactOptional(z.number())
      .meta({ description: 'Seconds; with `rate-limited` and `unavailable`.' }),
    errors: z.exactOptional(z.array(fieldError)),
    reason: rejectionReason,
  }),
);
