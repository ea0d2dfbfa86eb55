/**
 * A bot that answers everybody who writes to it, each message once, also those that came while it was away:
 * `PARLEY_URL=… BOT_TOKEN=… node client/examples/bot.ts`
 */
import { type Conversation, ParleyClient } from '../index.ts';

const { PARLEY_URL: baseUrl = 'http://127.0.0.1:7071', BOT_TOKEN: token = '' } = process.env;

const chat = await ParleyClient.connect({ baseUrl, token });
console.log(`${chat.userId} is ${chat.connection}.`);

const serve = async (conversation: Conversation): Promise<void> => {
  for await (const message of conversation.messages({ after: conversation.info?.readSeq ?? 0 })) {
    if (message.senderId === chat.userId || message.messageText === null) continue;
    await conversation.send({
      text: `You said: ${message.messageText}`,
      replyTo: message.messageId,
      // The same answer to the same message, should the bot be stopped here and started again.
      clientMessageId: `answer to ${message.messageId}`,
    });
    conversation.markRead(message.seq);
  }
};

/** One conversation that fails is no reason to leave the others unanswered. */
const begin = (conversation: Conversation): void => {
  serve(conversation).catch((error: unknown) => console.error(conversation.id, error));
};

chat.known.forEach(begin);
chat.on('conversation.added', begin);
process.once('SIGTERM', () => void chat.close());
