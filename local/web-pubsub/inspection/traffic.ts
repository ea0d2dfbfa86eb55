import type { IncomingMessage } from 'node:http';
import { maskSecrets } from '../../inspection/mask.ts';
import { Recent } from '../../inspection/recent.ts';
import type { Payload } from '../codec/payload.ts';
import type { InboundFrame } from '../engine/inbound-queue.ts';
import type { Session } from '../engine/session.ts';
import type { Witness } from '../engine/witness.ts';
import type { RestCall } from '../server/rest/call.ts';
import type { RestWitness } from '../server/rest/rest-api.ts';

const keptEntries = 1000;

/** Larger contents are not kept. */
const maxContentBytes = 8192;

/** One thing that happened. */
interface Entry {
  readonly at: number;
  /** `sent` by a server, `said` by a client. */
  readonly kind: 'opened' | 'ended' | 'sent' | 'said';
  readonly hub: string;
  readonly connectionId?: string | undefined;
  readonly userId?: string | undefined;
  /** The operation, the frame or the reason. */
  readonly what: string;
  readonly status?: number | undefined;
  /** Connections that were addressed. */
  readonly receivers?: number | undefined;
  readonly bytes?: number | undefined;
  readonly traceId?: string | undefined;
  readonly content?: Buffer | string | undefined;
}

/** What is told of an entry; its content has to be asked for. */
export interface ShownEntry extends Omit<Entry, 'at' | 'content'> {
  readonly number: number;
  readonly at: string;
}

/** What has happened lately, without the acknowledgements and pings of clients. */
export class Traffic implements Witness, RestWitness {
  readonly recent = new Recent<Entry & { number: number }>(keptEntries);
  #next = 1;

  opened({ hub, connectionId, userId, subprotocol }: Session): void {
    this.#add({
      at: Date.now(),
      kind: 'opened',
      hub,
      connectionId,
      userId: userId ?? undefined,
      what: subprotocol ?? '',
    });
  }

  ended({ hub, connectionId, userId }: Session, what: string): void {
    this.#add({ at: Date.now(), kind: 'ended', hub, connectionId, userId: userId ?? undefined, what });
  }

  said({ hub, connectionId, userId, subprotocol }: Session, { data, isBinary }: InboundFrame): void {
    const what = subprotocol === null || isBinary ? 'message' : frameType(data);
    if (what === 'sequenceAck' || what === 'ping') return;
    const content = data.length > maxContentBytes ? undefined : data;
    const said = { hub, connectionId, userId: userId ?? undefined, what, bytes: data.length, content };
    this.#add({ at: Date.now(), kind: 'said', ...said });
  }

  called(call: RestCall, request: IncomingMessage, path: readonly string[], status: number): void {
    const payload = call.sent;
    const content = payload && contentOf(payload);
    const bytes = content === undefined ? undefined : Buffer.byteLength(content);
    this.#add({
      at: Date.now(),
      kind: 'sent',
      hub: call.hub.name,
      what: `${request.method ?? ''} ${path.join('/')}`,
      status,
      receivers: payload && receiversOf(call, path),
      bytes,
      traceId: /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(String(request.headers.traceparent))?.[1],
      content: (bytes ?? 0) > maxContentBytes ? undefined : content,
    });
  }

  /** The content of one entry, if it has one that was kept. */
  content(number: number): string | undefined {
    const content = this.recent.get(number)?.content;
    return content === undefined ? undefined : maskSecrets(content.toString());
  }

  #add(entry: Entry): void {
    this.recent.add({ ...entry, number: this.#next++ });
  }
}

export function showEntry({ content: _, at, ...entry }: Entry & { number: number }): ShownEntry {
  return { ...entry, what: maskSecrets(entry.what), at: new Date(at).toISOString() };
}

/** Clients write the type first; where one does not, the frame is just that. */
function frameType(data: Buffer): string {
  const start = data.toString('latin1', 0, 200);
  const type = /"type"\s*:\s*"(\w+)"/.exec(start)?.[1] ?? 'frame';
  const name = type === 'event' ? /"event"\s*:\s*"([^"]+)"/.exec(start)?.[1] : undefined;
  return name === undefined ? type : `event ${name}`;
}

function contentOf(payload: Payload): Buffer | string {
  return payload.dataType === 'binary' ? payload.bytes : payload.text;
}

function receiversOf({ hub }: RestCall, [kind, name = '']: readonly string[]): number {
  if (kind === 'users') return hub.ofUser(name).length;
  if (kind === 'groups') return hub.ofGroup(name).length;
  if (kind === 'connections') return hub.connection(name) === undefined ? 0 : 1;
  return hub.connections().length;
}
