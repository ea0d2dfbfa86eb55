import { setTimeout as delay } from 'node:timers/promises';
import { SignJWT } from 'jose';
import type { Message } from '../../shared/domain/message.ts';
import type { Seen } from './history.ts';

export interface Answer<T> {
  status: number;
  body: T;
}

/** What can be called, and how to end it. */
export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  body?: object;
  /** Names what is asked for, however often. */
  idempotencyKey?: string;
}

/** An answer may take so long: the app gives up on what it depends on well before. */
const answerMs = 20_000;

/** Waits between tries: a person's app would wait longer, but a test is to hit the moments after a start. */
const retryMs = { least: 20, most: 400 };

/** Failures after which a client must try again, for it cannot know what became of its call. */
const isTransient = (status: number): boolean => status >= 500 || status === 429;

/** Why a fetch had no answer, in a word or two. */
const reasonOf = (error: unknown): string => {
  const { name, cause } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? name;
};

/** One user's calls to the app over HTTP, tried again for as long as a client has to. */
export class ChatClient {
  readonly userId: string;
  readonly #url: string;
  readonly #token: string;

  private constructor(url: string, userId: string, token: string) {
    this.#url = url;
    this.userId = userId;
    this.#token = token;
  }

  static async create(url: string, userId: string, signingKey: string): Promise<ChatClient> {
    const token = await new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(userId)
      .setExpirationTime('12h')
      .sign(Buffer.from(signingKey));
    return new ChatClient(url, userId, token);
  }

  /**
   * Calls until there is an answer other than 5xx and 429.
   * @param onTry told how each try ended
   * @throws Error once `signal` is aborted
   */
  async call<T>(
    call: Call,
    signal: AbortSignal,
    onTry: (outcome: string) => void = () => undefined,
  ): Promise<Answer<T>> {
    for (let wait = retryMs.least; ; wait = Math.min(wait * 2, retryMs.most)) {
      signal.throwIfAborted();
      const answer = await this.tryOnce<T>(call, signal, onTry);
      if (answer && !isTransient(answer.status)) return answer;
      await delay(wait);
    }
  }

  /** Calls once. @returns undefined where there is no answer */
  async tryOnce<T>(
    { method, path, body, idempotencyKey }: Call,
    signal: AbortSignal,
    onTry: (outcome: string) => void,
  ): Promise<Answer<T> | undefined> {
    try {
      const response = await fetch(`${this.#url}/api${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body && { 'content-type': 'application/json' }),
          ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
      });
      const text = await response.text();
      onTry(String(response.status));
      // What fails need not be JSON: a host without its app says so in a word.
      const answered = isTransient(response.status) || text === '' ? {} : (JSON.parse(text) as unknown);
      return { status: response.status, body: answered as T };
    } catch (error) {
      onTry(`no answer (${reasonOf(error)})`);
      return undefined;
    }
  }

  /** As `call`, of which only one answer is right. @throws Error on any other */
  async expect<T>(call: Call, status: number, signal: AbortSignal): Promise<T> {
    const answer = await this.call<T>(call, signal);
    if (answer.status === status) return answer.body;
    throw new Error(
      `${call.method} ${call.path} of ${this.userId} answered ${answer.status}: ${JSON.stringify(answer.body)}`,
    );
  }
}

/** What of a message the checker looks at. */
export const seen = (message: Message): Seen => ({
  conversationId: message.conversationId,
  seq: message.seq,
  messageId: message.messageId,
  senderId: message.senderId,
  clientMessageId: message.clientMessageId,
  text: message.messageText,
});
