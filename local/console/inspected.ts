import { ConsoleError } from './errors.ts';

/** Where services can be inspected just now: they may have been started anew since. */
export interface Places {
  readonly functions: () => readonly string[];
  readonly webPubSub: () => readonly string[];
  readonly storage: () => readonly string[];
}

/** Asks services under inspection. */
export class Inspected {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  /** @throws ConsoleError with what the service says is wrong, or 503 when it cannot be reached */
  async ask<T>(place: string | undefined, path: string, body?: unknown): Promise<T> {
    if (place === undefined) throw new ConsoleError(503, 'This service is not running.');
    const response = await this.#send(place, path, body).catch((error: unknown) => {
      throw new ConsoleError(503, `The service does not answer: ${String(error)}`);
    });
    const answer = (await response.json()) as T & { error?: string };
    if (!response.ok) throw new ConsoleError(response.status, answer.error ?? 'The service has refused.');
    return answer;
  }

  /** The same of several processes. */
  async askAll<T>(places: readonly string[], path: string, body?: unknown): Promise<T[]> {
    return Promise.all(places.map((place) => this.ask<T>(place, path, body)));
  }

  /** Calls for each change that the service tells of, until the signal ends it or the service ends. */
  async watch(place: string, onChange: (name: string) => void, signal: AbortSignal): Promise<void> {
    try {
      const response = await fetch(`${place}/live`, { headers: this.#headers, signal });
      let text = '';
      for await (const part of response.body ?? []) {
        text += Buffer.from(part).toString();
        for (const [, name] of text.matchAll(/data: \{"changed":"(\w+)"\}\n\n/g)) onChange(name ?? '');
        const end = text.lastIndexOf('\n\n');
        if (end !== -1) text = text.slice(end + 2);
      }
    } catch {
      // It has ended, or nobody watches any more.
    }
  }

  get #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#key}` };
  }

  async #send(place: string, path: string, body: unknown): Promise<Response> {
    return fetch(`${place}/${path}`, {
      headers: this.#headers,
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
  }
}
