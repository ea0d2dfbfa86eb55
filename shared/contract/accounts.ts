import { z } from 'zod';
import { isEmail, usernamePattern } from '../domain/account.ts';
import { codePoints, hasControls, isWellFormed } from '../domain/text.ts';
import { listOf, optional, pageLimit, time } from './fields.ts';

const maxPasswordLength = 1024;

const isPublicUrl = (text: string): boolean => {
  if (!/^https:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
};

const email = z
  .string({ error: 'must be an e-mail address' })
  .refine(isEmail, { error: 'must be an e-mail address of at most 254 characters' })
  .meta({ maxLength: 254, format: 'email' });

const fullName = z
  .string({ error: 'must be a text of at most 100 characters' })
  .refine((name) => codePoints(name) <= 100, { error: 'must have at most 100 characters' })
  .refine((name) => isWellFormed(name) && !hasControls(name), {
    error: 'must not contain control characters or lone surrogates',
  })
  .meta({ maxLength: 100 });

/** Everybody who sees it has it fetched: nothing but https, and no password in it. */
const avatarUrl = z
  .string({ error: 'must be an https URL' })
  .max(2048, { error: 'must have at most 2048 characters' })
  .refine((text) => isWellFormed(text) && !hasControls(text) && isPublicUrl(text), {
    error: 'must be an absolute https URL without user name and password',
  })
  .meta({ maxLength: 2048, format: 'uri' });

// NIST SP 800-63B §3.1.1.2: a length and nothing else; no rules of composition.
const newPassword = z
  .string({ error: 'must be a text of 8 to 1024 characters' })
  .refine((text) => codePoints(text) >= 8, { error: 'must have at least 8 characters' })
  .refine((text) => codePoints(text) <= maxPasswordLength, { error: 'must have at most 1024 characters' })
  .refine(isWellFormed, { error: 'must be well-formed Unicode: it contains a lone surrogate' })
  .meta({ minLength: 8, maxLength: maxPasswordLength, format: 'password' });

/** What it looks like is not checked: what was never set is simply wrong. */
const givenPassword = z
  .string({ error: 'must be your password' })
  .refine((text) => codePoints(text) <= maxPasswordLength, { error: 'must have at most 1024 characters' })
  .meta({ maxLength: maxPasswordLength, format: 'password' });

/** `POST /api/users/register` */
export const registrationRequest = z.object(
  {
    username: z.string({ error: 'must be a user name of 3 to 64 characters' }).regex(usernamePattern, {
      error: 'must have 3 to 64 characters: letters a-z, digits, and . _ - but not first or last',
    }),
    password: newPassword,
    email: optional(email),
    fullName: optional(fullName),
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
    password: givenPassword,
  },
  { error: 'must be a JSON object' },
);

export type CredentialsRequest = z.infer<typeof credentialsRequest>;

/** `POST /api/users/password` */
export const passwordChange = z.object(
  { currentPassword: givenPassword, newPassword },
  { error: 'must be a JSON object' },
);

export type PasswordChange = z.infer<typeof passwordChange>;

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

/** `PATCH /api/users/me`: what is left out stays, null takes it away (RFC 7396). */
export const accountChange = z.object(
  {
    email: email.nullable().optional(),
    fullName: fullName.nullable().optional(),
    avatarUrl: avatarUrl.nullable().optional(),
  },
  { error: 'must be a JSON object' },
);

export type AccountChange = z.infer<typeof accountChange>;

/** What others see of a user. */
export const publicProfile = z.object({
  userId: z.string(),
  fullName: z.string().nullable(),
  avatarUrl: z.string().nullable(),
});

export type PublicProfile = z.infer<typeof publicProfile>;

/** `GET /api/users` */
export const usersQuery = z.object({
  q: z
    .string({ error: 'must be the beginning of a name' })
    .trim()
    .min(1, { error: 'must be the beginning of a name' })
    .max(100, { error: 'must have at most 100 characters' })
    .refine(isWellFormed, { error: 'must be well-formed Unicode' }),
  limit: pageLimit(50, 20),
  cursor: optional(z.string().max(2048, { error: 'must be a nextCursor of an earlier answer' })),
});

export type UsersQuery = z.infer<typeof usersQuery>;

/** A page of users. */
export const profilePage = listOf(publicProfile);
