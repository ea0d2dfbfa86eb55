import type {
  HttpHandler,
  HttpMethod,
  HttpRequest,
  HttpResponseInit,
  InvocationContext,
} from '@azure/functions';
import { z } from 'zod';
import type { ChatErrorCode } from '../../shared/domain/errors.ts';
import type { Caller } from '../../shared/domain/user.ts';
import { traceOf } from '../log.ts';
import { parse, readJson } from './body.ts';
import type { ParameterName } from './parameters.ts';
import { answer, bearer, type HttpServices } from './respond.ts';

/**
 * Who may call a route. Tests hold every route to its word: what a stranger, a member, an admin … is answered follows from
 * this. `member`, `group admin` and `group owner` are of the conversation that the request names; a group admin is an owner
 * or an admin, and may be anybody in a direct conversation. An `acquaintance` shares a conversation with the user that the
 * request names; to others there is no such user. `app admin` has the role claim `admin`.
 */
export type Access =
  | 'anyone'
  | 'user'
  | 'acquaintance'
  | 'member'
  | 'group admin'
  | 'group owner'
  | 'sender'
  | 'sender or group admin'
  | 'app admin'
  | 'web pubsub';

/** Under which heading a route is described. */
export type Tag =
  | 'Messages'
  | 'Conversations'
  | 'Members'
  | 'Inbox'
  | 'Attachments'
  | 'Live'
  | 'Users'
  | 'Administration'
  | 'Service';

/** What is answered with one status. */
export interface Reply<S extends z.ZodType = z.ZodType> {
  /** What it means. */
  description: string;
  /** Of the JSON body; without it and `mediaType` there is no body. */
  schema?: S;
  /** Of a body that no schema describes. */
  mediaType?: string;
}

/** One HTTP function, and all that its callers need to know. */
export interface Route {
  /** Name of the function, and of the operation in the document. */
  name: string;
  method: HttpMethod;
  /** Below `/api/`. */
  path: string;
  tag: Tag;
  /** A few words. */
  summary: string;
  /** What the summary leaves out; Markdown. */
  description?: string;
  access: Access;
  query?: z.ZodObject;
  /** Of the JSON body. */
  body?: z.ZodType;
  /** The request may come without a body, which counts as `{}`. */
  isBodyOptional?: boolean;
  replies: Readonly<Record<number, Reply>>;
  /** What can be refused besides what follows from access, query and body (`problemsOf`). */
  problems: readonly ChatErrorCode[];
  handler: HttpHandler;
}

/** Names in braces. */
type ParametersIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParametersIn<Rest>
  : never;

type SchemaOf<R> = R extends { schema: infer S extends z.ZodType } ? S : undefined;

/** An answer that is among those declared. */
type Answer<Replies> = {
  [Status in keyof Replies & number]: {
    status: Status;
    headers?: Record<string, string>;
  } & (SchemaOf<Replies[Status]> extends z.ZodType
    ? { jsonBody: z.output<SchemaOf<Replies[Status]>> }
    : { body?: string });
}[keyof Replies & number];

/** What a handler is given besides its services. */
export interface Exchange<A extends Access, Path extends string, Query, Body> {
  request: HttpRequest;
  context: InvocationContext;
  /** W3C trace context of this request; travels with what it causes. */
  traceparent: string;
  /** Who calls; nobody is known on routes for anyone. */
  caller: A extends 'anyone' ? undefined : Caller;
  param: (name: ParametersIn<Path>) => string;
  /** The query string, validated; the last of repeated parameters counts. @throws ChatError 400 */
  query: () => z.output<Query>;
  /** The JSON body, validated; may be asked for twice. @throws ChatError 4xx */
  body: () => Promise<z.output<Body>>;
  /** The JSON body as it came. @throws ChatError 4xx */
  rawBody: () => Promise<unknown>;
}

/** A route as its file declares it: the handler's input and answers are those that the schemas say. */
export type Declaration<
  A extends Access,
  Path extends string,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Replies,
> = Omit<Route, 'access' | 'path' | 'query' | 'body' | 'replies' | 'problems' | 'handler'> & {
  access: A;
  path: ParametersIn<Path> extends ParameterName ? Path : never;
  query?: Query;
  body?: Body;
  replies: Replies & Readonly<Record<number, Reply>>;
  problems?: readonly ChatErrorCode[];
  handle: (exchange: Exchange<A, Path, Query, Body>) => Promise<Answer<NoInfer<Replies>>>;
};

/** Reads once, at the first asking. */
const once = <T>(read: () => Promise<T>): (() => Promise<T>) => {
  let reading: Promise<T> | undefined;
  return () => (reading ??= read());
};

const nothing = z.object({});

/** Answers are the caller's own: nothing between us and them may keep one. */
const uncached = (init: HttpResponseInit): HttpResponseInit => ({
  ...init,
  headers: { 'cache-control': 'no-store', ...(init.headers as Record<string, string> | undefined) },
});

/**
 * Makes a function of a declaration: it authenticates first (unless anyone may call), then hands over, and answers what is
 * thrown as a problem.
 */
export const defineRoute = <
  A extends Exclude<Access, 'web pubsub'>,
  const Path extends string,
  Replies,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
>(
  services: HttpServices,
  declaration: Declaration<A, Path, Query, Body, Replies>,
): Route => {
  const { handle, problems = [], ...described } = declaration;
  const { query = nothing, body = nothing, isBodyOptional = false, access } = described;
  const handler: HttpHandler = (request, context) =>
    answer(context, async () => {
      const caller =
        access === 'anyone' ? undefined : await services.authenticator.authenticate(bearer(request));
      const rawBody = once(() =>
        isBodyOptional && request.body === null
          ? Promise.resolve<unknown>({})
          : readJson(request, services.http.maxBodyBytes),
      );
      const exchange = {
        request,
        context,
        traceparent: traceOf(context).traceparent,
        caller,
        param: (name: string) => request.params[name] ?? '',
        query: () => parse(query, Object.fromEntries(request.query)),
        body: async () => parse(body, await rawBody()),
        rawBody,
      };
      // The types of the declaration's schemas are known to its file only.
      return uncached(await handle(exchange as unknown as Exchange<A, Path, Query, Body>));
    });
  return { ...described, problems, handler };
};
