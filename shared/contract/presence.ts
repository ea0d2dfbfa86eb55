import { z } from 'zod';
import type { PresenceState } from '../domain/presence.ts';
import { exactly } from './exactly.ts';
import { listOf, time } from './fields.ts';

/** Whether a user is there. */
export const presenceState = exactly<PresenceState>()(
  z.object({
    online: z.boolean(),
    lastSeenAt: time.nullable().meta({
      description: 'When the last device went; null while one is there, and for who never was.',
    }),
  }),
);

/** `GET …/presence` of a conversation. */
export const presencePage = listOf(presenceState.extend({ userId: z.string() }));
