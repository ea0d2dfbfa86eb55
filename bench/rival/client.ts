import { LastParsed } from '../clients/last-parsed.ts';
import { signToken } from '../clients/token.ts';
import { LightWebSocket } from '../clients/web-socket.ts';
import type { ChatUser } from '../system.ts';
import type { RivalMessage, SendAnswer, SyncAnswer } from './protocol.ts';

const syncPage = 500;

const lastMessage = new LastParsed<RivalMessage>();

/**
 * A device that speaks Socket.IO's protocol itself, over the same light WebSocket as Parley's devices. Packets begin with
 * their types: `0` open, `2` ping, `3` pong, `4` message; behind the 4 `0` connect, `2` event, `3` ack, `4` error.
 * https://socket.io/docs/v4/socket-io-protocol/
 */
export class RivalDevice implements ChatUser {
  readonly #socket: LightWebSocket;
  readonly #onMessage: (text: string) => void;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #lastAck = 0;
  #setOpen: () => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  private constructor(socket: LightWebSocket, token: string, onMessage: (text: string) => void) {
    this.#socket = socket;
    this.#onMessage = onMessage;
    socket.onText = (packet) => this.#read(packet, token);
    socket.onClosed = () => {
      const error = new Error('The connection was closed.');
      this.#fail(error);
      for (const { reject } of this.#waiting.values()) reject(error);
    };
  }

  /** Connects; resolves when the server has said that the user can receive. */
  static async connect(
    port: number,
    userId: string,
    secret: string,
    onMessage: (text: string) => void,
  ): Promise<RivalDevice> {
    const socket = await LightWebSocket.open(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    const device = new RivalDevice(socket, signToken(userId, secret), onMessage);
    await new Promise<void>((resolve, reject) => {
      device.#setOpen = resolve;
      device.#fail = reject;
    });
    return device;
  }

  async send(to: string, text: string): Promise<void> {
    const answer = (await this.#ask('send', { to, text })) as SendAnswer;
    if (!answer.ok) throw new Error(`The rival refused a message: ${answer.error}.`);
  }

  async sendToGroup(group: string, text: string): Promise<void> {
    const answer = (await this.#ask('sendToGroup', { group, text })) as SendAnswer;
    if (!answer.ok) throw new Error(`The rival refused a message: ${answer.error}.`);
  }

  async createGroup(members: readonly string[]): Promise<string> {
    const { ok, id = '', error } = (await this.#ask('createGroup', { members })) as SendAnswer;
    if (!ok) throw new Error(`The rival refused a group: ${error}.`);
    return id;
  }

  async fetchMissed(): Promise<string[]> {
    const cursors: Record<string, string> = {};
    const texts: string[] = [];
    for (;;) {
      const { messages, more } = (await this.#ask('sync', { cursors, limit: syncPage })) as SyncAnswer;
      for (const { conversation, id, text } of messages) {
        texts.push(text);
        cursors[conversation] = id;
      }
      if (!more) return texts;
    }
  }

  close(): Promise<void> {
    return this.#socket.close();
  }

  #ask(event: string, data: object): Promise<unknown> {
    const id = this.#lastAck++;
    const answered = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answered);
    this.#socket.send(`42${id}${JSON.stringify([event, data])}`);
    return answered.promise;
  }

  #read(packet: string, token: string): void {
    if (packet.startsWith('42["message",')) {
      this.#onMessage(lastMessage.parse(packet.slice(13, -1)).text);
    } else if (packet.startsWith('43')) {
      const start = packet.indexOf('[');
      const id = Number(packet.slice(2, start));
      const [answer] = JSON.parse(packet.slice(start)) as unknown[];
      this.#waiting.get(id)?.resolve(answer);
      this.#waiting.delete(id);
    } else if (packet === '2') this.#socket.send('3');
    else if (packet.startsWith('42["ready"')) this.#setOpen();
    else if (packet.startsWith('44')) this.#fail(new Error(`The rival refused a connection: ${packet}`));
    else if (packet.startsWith('0')) this.#socket.send(`40${JSON.stringify({ token })}`);
  }
}
