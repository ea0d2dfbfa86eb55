import { HttpRequest, InvocationContext } from '@azure/functions';
import { openClients } from '../../functions/clients.ts';
import { leanHttpClient } from '../../functions/clients/http-client.ts';
import type { Route } from '../../functions/http/route.ts';
import { routesOf } from '../../functions/routes.ts';
import { createServices, type Services } from '../../functions/services.ts';
import { openTables } from '../../shared/adapters/tables/tables.ts';
import { loadConfig } from '../../shared/config.ts';
import { signToken } from '../clients/token.ts';
import type { Library, LongConversation, Question, StorageUse } from '../library.ts';
import { inParallel } from '../scenarios/lanes.ts';
import type { ParleyClients } from './client.ts';
import { StorageCounter } from './storage-counter.ts';
import { Writer } from './writer.ts';

const writesAtOnce = 8;

/** Reads of the running app, and beside it the app's own routes in this process, whose calls to storage are counted. */
export class ParleyLibrary implements Library {
  readonly #clients: ParleyClients;
  readonly #signingKey: string;
  readonly #counter = new StorageCounter(leanHttpClient());
  readonly #services: Services;
  readonly #routes: readonly Route[];
  readonly #writer: Writer;
  #long: Promise<LongConversation> | undefined;

  /** @param settings those of the running app */
  constructor(clients: ParleyClients, settings: Readonly<Record<string, string>>) {
    this.#clients = clients;
    this.#signingKey = settings.AUTH_SIGNING_KEY ?? '';
    const config = loadConfig(settings);
    const services = openClients(config, undefined, this.#counter);
    this.#services = createServices(config, services);
    this.#routes = routesOf(this.#services);
    this.#writer = new Writer(openTables(services.openTable));
  }

  ask<T>(question: Question): Promise<T> {
    return this.#clients.request(question.userId, 'GET', this.#pathOf(question));
  }

  async use(question: Question): Promise<StorageUse> {
    const { userId, conversationId = '', query = {}, route } = question;
    const request = new HttpRequest({
      method: 'GET',
      url: `http://localhost${this.#pathOf(question)}`,
      headers: { authorization: `Bearer ${signToken(userId, this.#signingKey)}` },
      params: { conversationId },
      query,
    });
    const context = new InvocationContext({ functionName: route, logHandler: () => undefined });
    this.#counter.take();
    const answer = await this.#routeOf(question).handler(request, context);
    const status = 'status' in answer ? answer.status : undefined;
    if (status !== 200) throw new Error(`${route} answered ${status ?? 'nothing'}.`);
    return this.#counter.take();
  }

  longConversation(messages: number): Promise<LongConversation> {
    return (this.#long ??= this.#writer.longConversation(messages));
  }

  async addConversations(userId: string, count: number): Promise<void> {
    await inParallel(count, writesAtOnce, (index) =>
      this.#writer.write(`${userId}-${index}`, userId, 'Hello'),
    );
  }

  async editLast(count: number): Promise<void> {
    if (this.#long === undefined) throw new Error('There is nothing to edit.');
    await this.#writer.editLast(await this.#long, count);
  }

  close(): Promise<void> {
    return this.#services.close();
  }

  #routeOf({ route }: Question): Route {
    const found = this.#routes.find(({ name }) => name === route);
    if (found === undefined) throw new Error(`The app has no route ${route}.`);
    return found;
  }

  #pathOf(question: Question): string {
    const { conversationId = '', query = {} } = question;
    const path = this.#routeOf(question).path.replace('{conversationId}', conversationId);
    const text = new URLSearchParams(query).toString();
    return `/api/${path}${text === '' ? '' : `?${text}`}`;
  }
}
