/** ATOM documents of the administration API. */
import { escapeXml, findChild, parseXml, XmlError } from '../../codec/xml.ts';
import type { XmlElement } from '../../codec/xml.ts';
import { invalidRequest } from '../../engine/errors.ts';

const atom = 'http://www.w3.org/2005/Atom';
const serviceBus = 'http://schemas.microsoft.com/netservices/2010/10/servicebus/connect';
const schemaInstance = 'http://www.w3.org/2001/XMLSchema-instance';

/** One entry: `kind` is the element of its content, such as `QueueDescription`; `body` its inner XML. */
export interface AtomEntry {
  readonly path: string;
  readonly kind: string;
  readonly body: string;
}

export function element(name: string, text: string): string {
  return `<${name}>${escapeXml(text)}</${name}>`;
}

export function renderEntry(host: string, { path, kind, body }: AtomEntry): string {
  const title = path.slice(path.lastIndexOf('/') + 1);
  return (
    `<entry xmlns="${atom}"><id>${escapeXml(`https://${host}/${path}`)}</id>` +
    `<title type="text">${escapeXml(title)}</title><content type="application/xml">` +
    `<${kind} xmlns="${serviceBus}" xmlns:i="${schemaInstance}">${body}</${kind}></content></entry>`
  );
}

/** One page of a collection; `next` is the query of the next one, if there is more. */
export function renderFeed(
  host: string,
  path: string,
  entries: readonly AtomEntry[],
  next: string | undefined,
): string {
  const address = `https://${host}/${path}`;
  const self = `<link rel="self" href="${escapeXml(address)}"/>`;
  const following = next === undefined ? '' : `<link rel="next" href="${escapeXml(`${address}?${next}`)}"/>`;
  const items = entries.map((entry) => renderEntry(host, entry)).join('');
  return `<feed xmlns="${atom}"><title type="text">${escapeXml(path)}</title><id>${escapeXml(address)}</id>${self}${following}${items}</feed>`;
}

export function renderError(status: number, detail: string): string {
  return `<Error><Code>${status}</Code><Detail>${escapeXml(detail)}</Detail></Error>`;
}

/** The description in an entry: the element inside its content. @throws BrokerError if there is none */
export function readDescription(text: string, kind: string): XmlElement {
  try {
    const description = findChild(findChild(parseXml(text), 'content'), kind);
    if (description) return description;
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw invalidRequest(error.message);
  }
  throw invalidRequest(`The body must be an ATOM entry with a ${kind}.`);
}
