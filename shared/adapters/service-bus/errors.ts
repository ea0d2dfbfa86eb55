import { ChatError } from '../../domain/errors.ts';

/** By these Service Bus refuses a message for good: no repetition changes its size. */
const permanentCodes = ['MessageSizeExceeded', 'MessageTooLargeError'];

/** What Service Bus itself answers, by the names that the SDK has for it; its connection works then. */
const answerCodes = new Set([
  ...permanentCodes,
  ...['ServiceBusy', 'ServerBusyError'],
  ...['QuotaExceeded', 'QuotaExceededError'],
  ...['MessagingEntityNotFound', 'MessagingEntityNotFoundError'],
  ...['MessagingEntityDisabled', 'MessagingEntityDisabledError'],
  ...['UnauthorizedAccess', 'UnauthorizedError'],
]);

const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
};

/** Whether Service Bus has answered, by refusing. Everything else leaves open what became of the message. */
export const isAnswer = (error: unknown): boolean => answerCodes.has(codeOf(error));

/**
 * What to throw for a failed call: the failure itself if the message can never be taken, `unavailable` with it as the
 * cause for everything else. That goes by what passes, not by the error's class: connections that fail make Errors,
 * AggregateErrors, even TypeErrors. A missing queue or right is for operators to mend (the log has the cause); to a
 * caller it is `unavailable` too, because the message will be taken once they have, and 503 says to try again.
 */
export const asUnavailable = (error: unknown): unknown =>
  error instanceof ChatError || permanentCodes.includes(codeOf(error))
    ? error
    : new ChatError('unavailable', 'The queue cannot be reached just now.', {
        cause: error,
        retryAfterSeconds: 1,
      });
