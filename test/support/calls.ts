import type { HttpClient, PipelineRequest } from '@azure/core-rest-pipeline';
import type { ServiceBusClient } from '@azure/service-bus';

/** What was asked of the services. */
export interface Calls {
  /** Requests to Table Storage. */
  tables: number;
  /** Rows that they wrote or deleted. */
  rows: number;
  /** Transfers to Service Bus. */
  serviceBus: number;
  /** Requests to Web PubSub. */
  webPubSub: number;
}

const none = (): Calls => ({ tables: 0, rows: 0, serviceBus: 0, webPubSub: 0 });

const rowsIn = ({ method, url, body }: PipelineRequest): number => {
  if (method === 'GET') return 0;
  return url.endsWith('$batch')
    ? ((typeof body === 'string' ? body : '').match(/^(POST|PUT|PATCH|DELETE) .* HTTP\/1\.1\r$/gm) ?? [])
        .length
    : 1;
};

/** Counts calls between the SDKs and the services. */
export class CallCounter {
  #calls = none();
  #reads = 0;

  /** What was called since it was last asked. */
  take(): Calls {
    const calls = this.#calls;
    this.#calls = none();
    return calls;
  }

  /** Requests that read from Table Storage, among those since this was last asked. */
  takeReads(): number {
    const reads = this.#reads;
    this.#reads = 0;
    return reads;
  }

  /** The client, with its requests counted. */
  http(client: HttpClient): HttpClient {
    return {
      sendRequest: (request) => {
        if (request.url.includes('/api/hubs/')) this.#calls.webPubSub++;
        else {
          this.#calls.tables++;
          if (request.method === 'GET') this.#reads++;
        }
        if (!request.url.includes('/api/hubs/')) this.#calls.rows += rowsIn(request);
        return client.sendRequest(request);
      },
    };
  }

  /** The client, with what its senders send counted. */
  serviceBus(client: ServiceBusClient): ServiceBusClient {
    const createSender = client.createSender.bind(client);
    client.createSender = (entity) => {
      const sender = createSender(entity);
      const [send, schedule] = [sender.sendMessages.bind(sender), sender.scheduleMessages.bind(sender)];
      sender.sendMessages = (...sent) => {
        this.#calls.serviceBus++;
        return send(...sent);
      };
      sender.scheduleMessages = (...scheduled) => {
        this.#calls.serviceBus++;
        return schedule(...scheduled);
      };
      return sender;
    };
    return client;
  }
}
