import { createHash } from 'node:crypto';
import type { HttpRequest } from '@azure/functions';

/** A text that is the same for everyone, with the tag that tells one version of it from another. */
export interface Published {
  text: string;
  etag: string;
}

export const publish = (text: string): Published => ({
  text,
  etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`,
});

/** RFC 9110 §13.1.2: a list of tags, compared weakly (proxies that compress make them weak), or `*`. */
const isKnown = (request: Pick<HttpRequest, 'headers'>, etag: string): boolean =>
  (request.headers.get('if-none-match') ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
    .some((tag) => tag === etag || tag === '*');

/** Answers a published text, or 304 to who has it already. Anybody may keep it, and asks whether it is still the same. */
export const answerPublished = (
  request: Pick<HttpRequest, 'headers'>,
  { text, etag }: Published,
  headers: Record<string, string>,
):
  | { status: 200; headers: Record<string, string>; body: string }
  | { status: 304; headers: Record<string, string> } => {
  const common = { ...headers, etag, 'cache-control': 'public, no-cache' };
  return isKnown(request, etag)
    ? { status: 304, headers: common }
    : { status: 200, headers: common, body: text };
};
