import { type Payload, payloadProperties } from './payload.ts';

/** Where a message comes from: the application server, or a group (a member or the server speaking to it). */
export type MessageOrigin =
  | { readonly from: 'server' }
  | { readonly from: 'group'; readonly group: string; readonly fromUserId: string | null };

/** Place of a message in a group stream, as receivers are told. */
export interface StreamPosition {
  readonly streamId: string;
  readonly streamSequenceId: number;
  readonly endOfStream: boolean;
  readonly error?: { readonly name: string; readonly message?: string; readonly userErrorCode?: string };
}

const originProperties = (origin: MessageOrigin, stream: StreamPosition | undefined): string => {
  if (origin.from === 'server') return '"type":"message","from":"server",';
  const sender = origin.fromUserId === null ? '' : `"fromUserId":${JSON.stringify(origin.fromUserId)},`;
  const position = stream ? `"stream":${JSON.stringify(stream)},` : '';
  return `"type":"message","from":"group","group":${JSON.stringify(origin.group)},${sender}${position}`;
};

/**
 * A message on its way to any number of clients. Each form is encoded at most once, whoever and how many receive it;
 * the reliable form only puts the receiver's sequence id in front. The order of keys is asserted by the SDK's own specs.
 */
export class OutgoingMessage {
  readonly payload: Payload;
  readonly #head: string;
  #tail: Buffer | undefined;
  #plain: Buffer | undefined;
  #raw: Buffer | undefined;

  constructor(payload: Payload, origin: MessageOrigin, stream?: StreamPosition) {
    this.payload = payload;
    this.#head = originProperties(origin, stream);
  }

  /** The frame of `json.webpubsub.azure.v1`. */
  plain(): Buffer {
    return (this.#plain ??= Buffer.from(`{${this.#head}${payloadProperties(this.payload)}}`));
  }

  /** The frame of `json.reliable.webpubsub.azure.v1` for the receiver whose next sequence id this is. */
  reliable(sequenceId: number): Buffer {
    // All but the opening brace of the plain frame.
    const tail = (this.#tail ??= this.plain().subarray(1));
    const prefix = `{"sequenceId":${sequenceId},`;
    const frame = Buffer.allocUnsafe(prefix.length + tail.length);
    frame.write(prefix, 'latin1');
    frame.set(tail, prefix.length);
    return frame;
  }

  /** What a WebSocket client without a subprotocol receives: the payload itself. */
  raw(): Buffer {
    return (this.#raw ??=
      this.payload.dataType === 'binary' ? this.payload.bytes : Buffer.from(this.payload.text));
  }

  /** Bytes that the payload occupies while it waits for an acknowledgement. */
  get size(): number {
    return this.plain().length;
  }
}
