import { z } from 'zod';
import { isEmail, usernamePattern } from '../domain/account.ts';
import { codePoints, hasControls, isWellFormed } from '../domain/text.ts';
import { listOf, optional, time } from './fields.ts';

const maxPasswordLength = 1024;

/** `POST /api/users/register` */
export const registrationRequest = z.object(
  {
    username: z.string({ error: 'must be a user name of 3 to 64 characters' }).regex(usernamePattern, {
      error: 'must have 3 to 64 characters: letters a-z, digits, and . _ - but not first or last',
    }),
    // NIST SP 800-63B §3.1.1.2: a length and nothing else; no rules of composition.
    password: z
      .string({ error: 'must be a text of 8 to 1024 characters' })
      .refine((text) => codePoints(text) >= 8, { error: 'must have at least 8 characters' })
      .refine((text) => codePoints(text) <= maxPasswordLength, { error: 'must have at most 1024 characters' })
      .refine(isWellFormed, { error: 'must be well-formed Unicode: it contains a lone surrogate' })
      .meta({ minLength: 8, maxLength: maxPasswordLength, format: 'password' }),
    email: optional(
      z
        .string({ error: 'must be an e-mail address' })
        .refine(isEmail, { error: 'must be an e-mail address of at most 254 characters' })
        .meta({ maxLength: 254, format: 'email' }),
    ),
    fullName: optional(
      z
        .string({ error: 'must be a text of at most 100 characters' })
        .refine((name) => codePoints(name) <= 100, { error: 'must have at most 100 characters' })
        .refine((name) => isWellFormed(name) && !hasControls(name), {
          error: 'must not contain control characters or lone surrogates',
        })
        .meta({ maxLength: 100 }),
    ),
  },
  { error: 'must be a JSON object' },
);

export type RegistrationRequest = z.infer<typeof registrationRequest>;

/** `POST /api/users/login`. What the parts look like is not checked: what was never registered is simply wrong. */
export const credentialsRequest = z.object(
  {
    username: z.string({ error: 'must be your user name' }).max(256, {
      error: 'must have at most 256 characters',
    }),
    password: z
      .string({ error: 'must be your password' })
      .refine((text) => codePoints(text) <= maxPasswordLength, {
        error: 'must have at most 1024 characters',
      })
      .meta({ maxLength: maxPasswordLength, format: 'password' }),
  },
  { error: 'must be a JSON object' },
);

export type CredentialsRequest = z.infer<typeof credentialsRequest>;

/**
 * What a user sees of their own account. All but `userId` is null for users of an identity provider, who have no account
 * here; `username` is the user id otherwise.
 */
export const accountView = z
  .object({
    userId: z.string(),
    username: z.string().nullable(),
    email: z.string().nullable(),
    fullName: z.string().nullable(),
    avatarUrl: z.string().nullable(),
    createdAt: time.nullable(),
  })
  .meta({ id: 'Account', description: 'What you see of your own account.' });

export type AccountView = z.infer<typeof accountView>;

/** The answer to a log-in. `token` goes into `Authorization: Bearer`, until `expiresAt`. */
export const loginAnswer = z.object({
  token: z.string(),
  expiresAt: time,
  user: accountView,
});

export type LoginAnswer = z.infer<typeof loginAnswer>;

/** `GET /api/users/me/blocks` */
export const blockPage = listOf(z.object({ userId: z.string(), blockedAt: time }));
