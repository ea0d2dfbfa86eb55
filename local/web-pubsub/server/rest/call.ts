import type { IncomingMessage } from 'node:http';
import { compileFilter } from '../../codec/filter/compile.ts';
import type { Filter } from '../../codec/filter/types.ts';
import { isGroupName } from '../../codec/names.ts';
import { type Payload, payloadFromBody } from '../../codec/payload.ts';
import type { Hub, Selection } from '../../engine/hub.ts';
import { badRequest, RestError } from './errors.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_TTL_SECONDS = 300;
const DEFAULT_CLOSE_REASON = 'Closed by REST API.';

const tooLarge = (): RestError =>
  new RestError(413, 'Error.PayloadTooLarge', `The payload is larger than ${MAX_BODY_BYTES} bytes.`);

/** By events: an iterator of the request would cost more than the rest of reading it. */
const readBody = (request: IncomingMessage): Promise<Buffer> => {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    chunks.push(chunk);
    if (size <= MAX_BODY_BYTES) return;
    // Not destroyed: the caller could not read the answer then. The rest is read by whoever answers.
    request.off('data', onData);
    request.pause();
    reject(tooLarge());
  };
  request.on('data', onData);
  request.once('end', () => {
    resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size));
  });
  request.once('error', reject);
  return promise;
};

/** One authorised call of the REST API. The getters and readers throw RestError or FilterError for what is not allowed. */
export class RestCall {
  readonly hub: Hub;
  readonly query: URLSearchParams;
  /** Scheme, host and path of the call, as the caller knows them. */
  readonly url: string;
  readonly #request: IncomingMessage;
  readonly #names: Readonly<Record<string, string>>;
  #sent: Payload | undefined;

  constructor(
    request: IncomingMessage,
    hub: Hub,
    url: string,
    query: URLSearchParams,
    names: Readonly<Record<string, string>>,
  ) {
    this.#request = request;
    this.hub = hub;
    this.url = url;
    this.query = query;
    this.#names = names;
  }

  /** A variable part of the path. */
  name(part: 'user' | 'connection' | 'permission'): string {
    return this.#names[part] ?? '';
  }

  get group(): string {
    const group = this.#names.group ?? '';
    if (!isGroupName(group)) throw badRequest('The group name is invalid.');
    return group;
  }

  get selection(): Selection {
    const filter = this.query.get('filter');
    return { filter: compileOptional(filter), excluded: this.excluded };
  }

  get excluded(): ReadonlySet<string> | undefined {
    const excluded = this.query.getAll('excluded');
    return excluded.length === 0 ? undefined : new Set(excluded);
  }

  get closeReason(): string {
    const reason = this.query.get('reason');
    return reason === null || reason === '' ? DEFAULT_CLOSE_REASON : reason;
  }

  /** A whole number in the query, or undefined where it is left out. */
  number(name: string, min: number, max: number): number | undefined {
    const text = this.query.get(name);
    if (text === null) return undefined;
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw badRequest(`'${name}' must be a whole number from ${min} to ${max}.`);
    }
    return value;
  }

  /** The message, once it has been read. */
  get sent(): Payload | undefined {
    return this.#sent;
  }

  /** The message in the body. */
  async payload(): Promise<Payload> {
    this.number('messageTtlSeconds', 0, MAX_TTL_SECONDS);
    const contentType = this.#request.headers['content-type'];
    const payload = payloadFromBody(contentType, await readBody(this.#request));
    if (payload) return (this.#sent = payload);
    throw new RestError(
      415,
      'Error.UnsupportedMediaType',
      `Content type '${contentType ?? ''}' is not supported: use text/plain, application/json or application/octet-stream.`,
    );
  }

  async json(): Promise<unknown> {
    const body = (await readBody(this.#request)).toString();
    try {
      return JSON.parse(body);
    } catch {
      throw badRequest('The body is not valid JSON.');
    }
  }
}

/** No filter, or an empty one, means everybody. */
export const compileOptional = (filter: string | null | undefined): Filter | undefined =>
  filter === null || filter === undefined || filter === '' ? undefined : compileFilter(filter);
