import { z } from 'zod';
import type { TokenMark } from '../../shared/domain/token.ts';

/** The mark of the token that a connection was negotiated with, on its way through the service and back. */
export const tokenMark = z.object({ id: z.string(), generation: z.number(), issuedAt: z.number() });

/** What of a mark a code is made over. */
export const partsOf = ({ id, generation, issuedAt }: TokenMark): string[] => [
  id,
  String(generation),
  String(issuedAt),
];
