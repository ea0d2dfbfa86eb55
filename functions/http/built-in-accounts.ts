import { ChatError } from '../../shared/domain/errors.ts';

/** Settings of a function that counts its callers by address. */
export interface CallerSettings {
  /** See `addressOf`. */
  trustedProxies: number;
}

/** A use case of built-in accounts. @throws ChatError `accounts-disabled` when they are switched off */
export const whenEnabled = <T>(useCase: T | undefined): T => {
  if (useCase === undefined)
    throw new ChatError(
      'accounts-disabled',
      'Users of this deployment come from an identity provider: get a token from there.',
    );
  return useCase;
};
