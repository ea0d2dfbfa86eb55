import { entityNotFound, notAllowed } from '../../engine/errors.ts';
import type { Namespace } from '../../engine/namespace.ts';
import { MessageQueue } from '../../engine/queue.ts';

/** A request to the management node of the entity at `path`. */
export interface OperationRequest {
  readonly namespace: Namespace;
  readonly path: string;
  readonly body: Record<string, unknown>;
}

/**
 * Carries out a request.
 * @returns the body of the answer; undefined is answered with 204, there is nothing
 * @throws BrokerError
 */
export type Operation = (request: OperationRequest) => object | undefined;

/** The entity of the request. @throws BrokerError if it is a topic or (any more) nothing at all */
export function queueOf({ namespace, path }: OperationRequest): MessageQueue {
  const entity = namespace.find(path);
  if (!entity) throw entityNotFound(path);
  if (!(entity instanceof MessageQueue))
    throw notAllowed(`'${path}' is a topic: it has no messages to receive.`);
  return entity;
}
