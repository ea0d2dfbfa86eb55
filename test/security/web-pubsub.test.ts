import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isSigned } from '../../functions/cloud-events/signature.ts';
import { loadConfig } from '../../shared/config.ts';
import { offlineSettings } from '../support/offline-services.ts';

/** What is decided before there is an event. At a running app events are in `web-pubsub.integration.test.ts`. */

describe('the app', () => {
  it('does not start when it could check no event', () => {
    const { WebPubSubConnection: _, ...rest } = offlineSettings;
    const byIdentity = { ...rest, WebPubSubConnection__serviceUri: 'https://nowhere.test' };
    expect(() => loadConfig(byIdentity)).toThrow(/WEBPUBSUB_EVENT/);
    for (const connection of ['Endpoint=https://nowhere.test', 'Endpoint=https://nowhere.test;AccessKey=;'])
      expect(() => loadConfig({ ...rest, WebPubSubConnection: connection })).toThrow(/AccessKey/);
    const events = {
      WEBPUBSUB_EVENT_TENANT: '72f988bf-86f1-41af-91ab-2d7cd011db47',
      WEBPUBSUB_EVENT_AUDIENCE: 'api://chat',
      WEBPUBSUB_EVENT_CALLER: '5a3c6a1e-0a6c-4a57-9d5c-2f5bd4f0d7c1',
    };
    for (const name of Object.keys(events))
      expect(() => loadConfig({ ...byIdentity, ...events, [name]: '' })).toThrow(/WEBPUBSUB_EVENT/);
  });
});

describe('signatures', () => {
  const key = 'k3y-of-these-tests';
  const digest = createHmac('sha256', key).update('c1').digest('hex');

  it('are compared in a time that does not depend on where they differ', () => {
    expect(isSigned(`sha256=${digest}`, 'c1', [key])).toBe(true);
    for (let at = 0; at < digest.length; at++) {
      const other = `${digest.slice(0, at)}${digest[at] === '0' ? '1' : '0'}${digest.slice(at + 1)}`;
      expect(isSigned(`sha256=${other}`, 'c1', [key])).toBe(false);
    }
    // A time cannot be measured reliably here; that there is no other comparison can be seen.
    for (const file of ['signature', 'mac', 'ticket', 'binding']) {
      const source = readFileSync(`functions/cloud-events/${file}.ts`, 'utf8');
      expect(source, file).toMatch(/\btimingSafeEqual\(|\bisSameMac\(/);
    }
  });

  it('of no key are those of nobody', () => {
    for (const keys of [[], ['']])
      for (const text of [
        `sha256=${createHmac('sha256', '').update('c1').digest('hex')}`,
        'sha256=',
        '',
        null,
      ])
        expect(isSigned(text, 'c1', keys)).toBe(false);
  });
});
