import { z } from 'zod';
import { isGroupName, RELIABLE_JSON_SUBPROTOCOL, JSON_SUBPROTOCOL } from '../../codec/names.ts';
import { type Claims, claimValues } from '../../codec/token.ts';
import type { HttpAnswer } from '../upstream/http-call.ts';
import { isSuccess, type Upstream } from '../upstream/upstream.ts';
import { type ConnectRequest, connectEventBody, isServed } from './connect-request.ts';
import { UpgradeError } from './upgrade-error.ts';

/** What a client is let in with. */
export interface Admission {
  readonly userId: string | null;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  /** Of the protocol it will speak; null for a plain WebSocket client. */
  readonly subprotocol: string | null;
  /** What the WebSocket handshake answers; a plain client can be given one of its own subprotocols. */
  readonly handshakeSubprotocol: string | null;
  readonly state: string | null;
}

const connectAnswer = z.object({
  userId: z
    .string()
    .nullish()
    .transform((userId) => (userId === '' ? null : userId)),
  roles: z.array(z.string()).nullish(),
  groups: z.array(z.string()).nullish(),
  subprotocol: z.string().nullish(),
});

type ConnectAnswer = z.output<typeof connectAnswer>;

/** No answer, or one without a body, changes nothing. */
const readAnswer = (answer: HttpAnswer | null): ConnectAnswer => {
  try {
    const text = answer?.body.toString() ?? '';
    return connectAnswer.parse(text === '' ? {} : JSON.parse(text));
  } catch {
    throw new UpgradeError(500, 'The answer of the connect event handler is not valid.');
  }
};

const refusal = (answer: HttpAnswer): UpgradeError => {
  // The client sees the handler's refusal; whatever else went wrong is the service's fault and not the client's.
  const status = answer.status >= 400 && answer.status < 500 ? answer.status : 500;
  const text = answer.body.toString();
  return new UpgradeError(
    status,
    text === '' ? `The connect event handler returned ${answer.status}.` : text,
  );
};

const chooseSubprotocol = (
  { subprotocols }: ConnectRequest,
  chosen: string | null | undefined,
): Pick<Admission, 'subprotocol' | 'handshakeSubprotocol'> => {
  if (chosen !== null && chosen !== undefined && chosen !== '') {
    if (!subprotocols.includes(chosen)) {
      throw new UpgradeError(
        500,
        `The connect event handler chose '${chosen}', which the client did not offer.`,
      );
    }
    return { subprotocol: isServed(chosen) ? chosen : null, handshakeSubprotocol: chosen };
  }
  const subprotocol = subprotocols.find(isServed) ?? null;
  if (subprotocol === null && subprotocols.length > 0) {
    throw new UpgradeError(
      400,
      `None of the subprotocols ${subprotocols.join(', ')} is supported by the local service: ` +
        `${JSON_SUBPROTOCOL}, ${RELIABLE_JSON_SUBPROTOCOL}, or none.`,
    );
  }
  return { subprotocol, handshakeSubprotocol: subprotocol };
};

const userIdIn = (claims: Claims): string | null => claimValues(claims.sub ?? claims.nameid)[0] ?? null;

/** It becomes a header of every event. */
const checkUserId = (userId: string | null): void => {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (userId !== null && /[\x00-\x1f\x7f]/.test(userId)) {
    throw new UpgradeError(400, 'The user id has control characters.');
  }
};

const checkGroups = (groups: readonly string[]): void => {
  if (!groups.every(isGroupName)) throw new UpgradeError(400, 'An initial group has an invalid name.');
};

/**
 * Decides with which user, rights and groups a client is let in: what its token says, overridden by the answer to the
 * `connect` event. Roles in the answer replace the token's (`[]` takes them all), groups only when there are any.
 * @throws UpgradeError with the event handler's status when it refuses
 */
export const admit = async (
  connect: ConnectRequest,
  connectionId: string,
  claims: Claims,
  upstream: Upstream,
): Promise<Admission> => {
  const userId = userIdIn(claims);
  checkUserId(userId);
  const source = { connectionId, hub: connect.hub, userId, subprotocol: null, state: null };
  const answer = await upstream.connect(source, connectEventBody(connect, claims)).catch((error: unknown) => {
    throw new UpgradeError(500, `Dispatching the connect event failed: ${String(error)}`);
  });
  if (answer && !isSuccess(answer)) throw refusal(answer);
  const body = readAnswer(answer);
  const groups = body.groups?.length ? body.groups : claimValues(claims['webpubsub.group']);
  checkGroups(groups);
  checkUserId(body.userId ?? null);
  return {
    userId: body.userId ?? userId,
    roles: body.roles ?? claimValues(claims.role),
    groups,
    ...chooseSubprotocol(connect, body.subprotocol),
    state: answer?.header('ce-connectionstate') ?? null,
  };
};
