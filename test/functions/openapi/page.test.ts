import { HttpRequest, InvocationContext, type HttpResponseInit } from '@azure/functions';
import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { html, prose } from '../../../functions/openapi/html.ts';
import { routesOf } from '../../../functions/routes.ts';
import { offlineServices } from '../../support/offline-services.ts';

const services = offlineServices();
afterAll(() => services.close());
const routes = routesOf(services);

const get = async (name: string, headers: Record<string, string> = {}): Promise<HttpResponseInit> => {
  const route = routes.find((candidate) => candidate.name === name);
  const request = new HttpRequest({ method: 'GET', url: `http://test/api/${route?.path}`, headers });
  const context = new InvocationContext({ logHandler: () => undefined });
  return (await route?.handler(request, context)) as HttpResponseInit;
};

const headersOf = ({ headers }: HttpResponseInit): Headers => new Headers(headers);

const textOf = ({ body }: HttpResponseInit): string => (typeof body === 'string' ? body : '');

describe.each(['getOpenApi', 'getDocs'])('%s', (name) => {
  it('is sent again only when it has changed', async () => {
    const first = await get(name);
    expect(first.status).toBe(200);
    const etag = headersOf(first).get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{20,}"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get(name, { 'if-none-match': known });
      expect(again).toMatchObject({ status: 304 });
      expect(again.body).toBeUndefined();
      expect(headersOf(again).get('etag')).toBe(etag);
    }
    for (const unknown of ['"other"', etag.slice(1, -1), ''])
      expect((await get(name, { 'if-none-match': unknown })).status).toBe(200);
  });
});

describe('the page', () => {
  it('shows every operation, event and schema of the document', async () => {
    const page = textOf(await get('getDocs'));
    const document = JSON.parse(textOf(await get('getOpenApi'))) as {
      components: { schemas: object };
      'x-live': { toClient: { name: string }[]; fromClient: { name: string }[] };
    };
    for (const { name, method, path } of routes.filter(({ name }) => !/^get(OpenApi|Docs)$/.test(name))) {
      expect(page).toContain(`<section id="${name}">`);
      expect(page).toContain(`<code>${method} /api/${path}</code>`);
    }
    const { toClient, fromClient } = document['x-live'];
    for (const { name } of [...toClient, ...fromClient]) expect(page).toContain(`<code>${name}</code>`);
    for (const name of Object.keys(document.components.schemas))
      expect(page).toContain(`<section id="schema-${name}">`);
    const anchors = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(anchors).toContain(target);
  });

  it('is whole in itself and runs nothing: its policy allows one style sheet, which it has', async () => {
    const answer = await get('getDocs');
    const page = textOf(answer);
    const policy = headersOf(answer).get('content-security-policy') ?? '';
    const [, style = ''] = /<style>([^]*?)<\/style>/.exec(page) ?? [];
    expect(policy).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(policy).toMatch(/^default-src 'none'; .*frame-ancestors 'none'/);
    expect(page).not.toMatch(/<(?:script|link|img|iframe)|\son\w+=|\sstyle=|javascript:/i);
    expect(page).not.toMatch(/(?:src|href)="(?!#|openapi\.json")/);
  });

  it('escapes what is put in', () => {
    const evil = `<script>"&'`;
    expect(html`<p title="${evil}">${evil}</p>`.text).toBe(
      '<p title="&lt;script&gt;&quot;&amp;&#39;">&lt;script&gt;&quot;&amp;&#39;</p>',
    );
    expect(prose('a `<b>` c').text).toBe('a <code>&lt;b&gt;</code> c');
  });
});
