import type { HttpClient, PipelineResponse } from '@azure/core-rest-pipeline';
import type { StorageUse } from '../library.ts';

/** A query answers a list, a look-up one row. */
const rowsIn = ({ status, bodyAsText }: PipelineResponse): number => {
  if (status !== 200 || !bodyAsText) return 0;
  const { value } = JSON.parse(bodyAsText) as { value?: unknown };
  return Array.isArray(value) ? value.length : 1;
};

/** Counts what goes between the app's clients and Table Storage. */
export class StorageCounter implements HttpClient {
  readonly #client: HttpClient;
  #calls = 0;
  #rows = 0;

  constructor(client: HttpClient) {
    this.#client = client;
  }

  async sendRequest(...[request]: Parameters<HttpClient['sendRequest']>): Promise<PipelineResponse> {
    if (request.url.includes('/api/hubs/')) return this.#client.sendRequest(request); // Web PubSub's
    this.#calls++;
    const response = await this.#client.sendRequest(request);
    if (request.method === 'GET') this.#rows += rowsIn(response);
    return response;
  }

  /** What was counted since it was last asked. */
  take(): StorageUse {
    const use = { calls: this.#calls, rows: this.#rows };
    this.#calls = 0;
    this.#rows = 0;
    return use;
  }
}
