import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from './amqp-client.ts';

/** What a well-behaved client writes while it sends one message. */
export async function recordClient(port: number): Promise<Buffer> {
  const connection = await connect({ port });
  const { socket } = connection as unknown as { socket: Socket };
  const written: Buffer[] = [];
  const write = socket.write.bind(socket);
  socket.write = (bytes: Buffer) => {
    written.push(Buffer.from(bytes));
    return write(bytes);
  };
  const sender = connection.open_sender('orders');
  await once(sender, 'sendable');
  sender.send({ body: 'recorded' });
  await once(sender, 'accepted');
  sender.close();
  await once(sender, 'sender_close');
  return Buffer.concat(written);
}

export const saslAnonymous = Buffer.from('414d515003010000', 'hex');
export const amqpHeader = Buffer.from('414d515000010000', 'hex');

/** An open frame with a container id and nothing else. */
export const minimalOpen = Buffer.from('0000001102000000005310c00401a10178', 'hex');
