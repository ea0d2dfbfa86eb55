/** Requests on one link are answered on another of the same connection: `$cbs` and `$management`. */
import { types } from '../codec/values.ts';
import type { DecodedMessage, Link, SenderLink } from './rhea.ts';

/** An answer with the status codes and the error condition in both spellings that clients look for. */
export interface Reply {
  readonly statusCode: number;
  readonly description: string;
  readonly condition?: string;
  readonly body?: object;
}

/** The reply links of one connection. */
export class ReplyLinks {
  readonly #links = new Set<SenderLink>();

  add(link: SenderLink): void {
    this.#links.add(link);
  }

  delete(link: Link): void {
    this.#links.delete(link as SenderLink);
  }

  /** Answers a request; if its reply link is gone nobody waits for it. */
  send(request: DecodedMessage, reply: Reply): void {
    const link = this.#find(request.reply_to);
    if (!link?.is_open()) return;
    try {
      link.send({
        correlation_id: request.message_id,
        to: request.reply_to,
        application_properties: replyProperties(request, reply),
        body: reply.body ?? {},
      });
    } catch {
      // An id of a type that AMQP has for none (§3.2.4) cannot be echoed. That costs its sender the link, not all the broker.
      link.close({ condition: 'amqp:decode-error', description: 'The request cannot be answered.' });
    }
  }

  /** `$management` replies go to the link with this target address, those of `$cbs` to the link of this name. */
  #find(replyTo: string | undefined): SenderLink | undefined {
    for (const link of this.#links) {
      if (link.target?.address === replyTo || link.name === replyTo) return link;
    }
    return undefined;
  }
}

function replyProperties(request: DecodedMessage, reply: Reply): Record<string, unknown> {
  const trackingId = request.application_properties?.['com.microsoft:tracking-id'];
  const condition = reply.condition === undefined ? undefined : types.wrap_symbol(reply.condition);
  return {
    statusCode: types.wrap_int(reply.statusCode),
    'status-code': types.wrap_int(reply.statusCode),
    statusDescription: reply.description,
    'status-description': reply.description,
    ...(condition && { errorCondition: condition, 'error-condition': condition }),
    ...(trackingId !== undefined && { 'com.microsoft:tracking-id': trackingId }),
  };
}
