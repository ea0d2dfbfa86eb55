/**
 * What a message carries. JSON is kept as the text it came in, so that it reaches the receivers byte for byte and is
 * parsed by nobody on the way.
 */
export type Payload =
  | { readonly dataType: 'text'; readonly text: string }
  | { readonly dataType: 'json'; readonly text: string }
  | { readonly dataType: 'binary'; readonly bytes: Buffer };

/** A frame or a body that breaks the protocol. The message says what was wrong and is safe to show to the sender. */
export class ProtocolError extends Error {}

/**
 * Reads a body of the REST API or of an event handler's answer by its content type.
 * @returns null for a content type that Web PubSub does not know.
 * @throws ProtocolError when the body claims to be JSON and is not.
 */
export const payloadFromBody = (contentType: string | undefined, body: Buffer): Payload | null => {
  const mediaType = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (mediaType === 'text/plain') return { dataType: 'text', text: body.toString() };
  if (mediaType === 'application/octet-stream') return { dataType: 'binary', bytes: body };
  if (mediaType !== 'application/json') return null;
  const text = body.toString();
  try {
    JSON.parse(text);
  } catch {
    throw new ProtocolError('The body is not valid JSON.');
  }
  return { dataType: 'json', text };
};

/** Content type and body under which an event handler is given a payload. */
export const bodyFromPayload = (payload: Payload): { contentType: string; body: Buffer | string } => {
  switch (payload.dataType) {
    case 'text':
      return { contentType: 'text/plain; charset=utf-8', body: payload.text };
    case 'json':
      return { contentType: 'application/json; charset=utf-8', body: payload.text };
    case 'binary':
      return { contentType: 'application/octet-stream', body: payload.bytes };
  }
};

/** The properties `dataType` and `data` of a frame of the JSON protocols, without braces. */
export const payloadProperties = (payload: Payload): string => {
  switch (payload.dataType) {
    case 'text':
      return `"dataType":"text","data":${JSON.stringify(payload.text)}`;
    case 'json':
      return `"dataType":"json","data":${payload.text}`;
    case 'binary':
      return `"dataType":"binary","data":"${payload.bytes.toString('base64')}"`;
  }
};
