import { z } from 'zod';
import { time } from './fields.ts';

/** `POST /api/negotiate` */
export const connectionOffer = z.object({
  url: z.url().meta({ description: 'Where to connect; it has its token with it.' }),
  protocol: z.string().meta({ description: 'The WebSocket subprotocol to ask for.' }),
  userId: z.string(),
  expiresAt: time.meta({ description: 'Until when the URL lets a device in; a connection outlives it.' }),
});
