import { MessageContent } from '../codec/content.ts';
import { MalformedMessageError, splitBatch } from '../codec/sections.ts';
import { checkContent, enqueue } from '../engine/enqueue.ts';
import type { SendTarget } from '../engine/enqueue.ts';
import { BrokerError, messageTooLarge } from '../engine/errors.ts';
import type { Sender } from '../engine/message.ts';
import { maxMessageSize } from '../engine/settings.ts';
import { accept, reject, toAmqpError } from './answers.ts';
import type { MessageContext, ReceiverLink } from './rhea.ts';

/** `message-format` of a transfer that carries several messages. */
const batchFormat = 0x80013700;

const creditWindow = 1_000;

/**
 * Takes what a peer sends on a link to a queue or topic; a message is accepted once it is durable.
 * @returns what to do when the link is gone
 */
export function startProducer(link: ReceiverLink, target: SendTarget): () => void {
  const sender: Sender = {
    end: (error) => {
      link.close(toAmqpError(error));
    },
  };
  target.senders.add(sender);
  link.local.attach.max_message_size = maxMessageSize;
  // Credit at once: without it the SDK sleeps a second.
  link.set_credit_window(creditWindow);
  link.add_credit(creditWindow);
  link.on('message', ({ delivery, message, format }: MessageContext) => {
    try {
      for (const content of readMessages(target, message, format)) enqueue(target, content);
      target.services.turn.afterCommit(() => {
        accept(delivery);
      });
    } catch (error) {
      const reason = toBrokerError(error);
      target.services.turn.afterCommit(() => {
        reject(delivery, reason);
      });
    }
  });
  return () => target.senders.delete(sender);
}

/** The messages of a transfer, all of them checked: a batch is taken whole or not at all. */
function readMessages(target: SendTarget, bytes: Buffer, format: number): MessageContent[] {
  if (bytes.length > maxMessageSize) throw messageTooLarge(bytes.length, maxMessageSize);
  const parts = format === batchFormat ? splitBatch(bytes) : [bytes];
  const contents = parts.map((part) => MessageContent.fromPeer(part));
  for (const content of contents) checkContent(target, content);
  return contents;
}

/** What a peer is told of an error. */
export function toBrokerError(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  if (error instanceof MalformedMessageError) return new BrokerError('amqp:decode-error', 400, error.message);
  throw error;
}
