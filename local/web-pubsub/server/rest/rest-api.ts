import type { IncomingMessage, ServerResponse } from 'node:http';
import { FilterError } from '../../codec/filter/syntax.ts';
import { isHubName } from '../../codec/names.ts';
import { ProtocolError } from '../../codec/payload.ts';
import { readUnverifiedToken, TokenJudge } from '../../codec/token.ts';
import type { Hubs } from '../hubs.ts';
import { ownUrl } from '../own-url.ts';
import { RestCall } from './call.ts';
import { badRequest, RestError } from './errors.ts';
import type { RestAnswer } from './operations.ts';
import { findOperation } from './router.ts';

/** Who is told of calls that were authorised and done. */
export interface RestWitness {
  /** @param path - below the hub, decoded */
  called(call: RestCall, request: IncomingMessage, path: readonly string[], status: number): void;
}

export interface RestOptions {
  readonly accessKey: string;
  /** Take any bearer token that is a JWT in its time, whoever signed it. */
  readonly acceptsUnverifiedTokens: boolean;
  readonly log: (line: string) => void;
  readonly witness?: RestWitness | undefined;
}

const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest(`The path segment '${segment}' is not validly encoded.`);
  }
};

const toRestError = (error: unknown): RestError | null => {
  if (error instanceof RestError) return error;
  if (error instanceof FilterError || error instanceof ProtocolError) return badRequest(error.message);
  return null;
};

/** The data-plane REST API: everything below `/api/`. */
export class RestApi {
  readonly #hubs: Hubs;
  readonly #options: RestOptions;
  readonly #tokens: TokenJudge;

  constructor(hubs: Hubs, options: RestOptions) {
    this.#hubs = hubs;
    this.#options = options;
    this.#tokens = new TokenJudge(options.accessKey);
  }

  /** Answers one request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { status, body } = await this.#run(request);
      send(response, status, body, 'application/json; charset=utf-8');
    } catch (error) {
      this.#fail(request, response, error);
    }
    // A body that nobody wanted would keep the connection from its next request.
    if (!request.complete) request.resume();
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const problem = toRestError(error) ?? new RestError(500, 'InternalServerError', 'Internal server error.');
    if (problem.status === 500)
      this.#options.log(`${request.method ?? ''} ${request.url ?? ''}: ${String(error)}`);
    if (response.headersSent || response.destroyed) return;
    response.setHeader('x-ms-error-code', problem.code);
    // Not application/json: the SDK would then put its own text for the whole error in place of this body.
    send(
      response,
      problem.status,
      { code: problem.code, message: problem.message },
      'application/problem+json',
    );
  }

  async #run(request: IncomingMessage): Promise<RestAnswer> {
    const [rawPath = '', ...queryParts] = (request.url ?? '').split('?');
    if (rawPath === '/api/health') return { status: 200 };
    const [empty, api, hubs, hubName, ...rest] = rawPath.split('/').map(decode);
    if (empty !== '' || api !== 'api' || hubs !== 'hubs' || hubName === undefined) {
      throw new RestError(404, 'NotFound', `'${rawPath}' is not a path of the Web PubSub REST API.`);
    }
    this.#authorize(request, decode(rawPath));
    if (!isHubName(hubName)) throw badRequest(`Invalid hub name '${hubName}'.`);
    const found = findOperation(request.method ?? '', rest);
    if (!found) {
      throw new RestError(
        404,
        'NotFound',
        `${request.method ?? ''} ${rawPath} is not an operation of Web PubSub.`,
      );
    }
    const query = new URLSearchParams(queryParts.join('?'));
    const call = new RestCall(
      request,
      this.#hubs.get(hubName),
      ownUrl(request) + rawPath,
      query,
      found.names,
    );
    const answer = await found.operation(call, this.#options.accessKey);
    this.#options.witness?.called(call, request, rest, answer.status);
    return answer;
  }

  #authorize(request: IncomingMessage, path: string): void {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const verdict = this.#tokens.judge(token, path);
    if (verdict === 'valid') return;
    if (verdict === 'invalid' && this.#options.acceptsUnverifiedTokens && readUnverifiedToken(token)) return;
    throw new RestError(
      401,
      'Unauthorized',
      verdict === 'for-another-path'
        ? 'The access token was made for another URL.'
        : 'The access token is missing, expired, or not signed with the access key of this service.',
    );
  }
}

const send = (
  response: ServerResponse,
  status: number,
  body: object | undefined,
  contentType: string,
): void => {
  if (body === undefined) {
    response.writeHead(status, { 'content-length': 0 }).end();
    return;
  }
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) });
  response.end(text);
};
