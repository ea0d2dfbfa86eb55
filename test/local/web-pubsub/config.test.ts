import { describe, expect, test } from 'vitest';
import { readConfig, settingsOfHub } from '../../../local/web-pubsub/config.ts';
import { startWebPubSub } from '../../../local/web-pubsub/index.ts';

const handler = (changes: object) => ({
  hubs: { chat: { eventHandlers: [{ urlTemplate: 'http://127.0.0.1:7071/events', ...changes }] } },
});

describe('a hubs file', () => {
  test('may leave everything out', () => {
    expect(readConfig({})).toMatchObject({ hubs: {}, limits: { replayMessages: 1000 } });
  });

  test('may let an event handler take its time if it is not tried again', () => {
    expect(readConfig({ upstream: { timeoutSeconds: 110, retryDelaysMs: [] } }).upstream).toEqual({
      timeoutSeconds: 110,
      retryDelaysMs: [],
    });
  });

  test('names hubs without regard to case; others have the settings of _default, or none', () => {
    const settings = readConfig({ hubs: { Chat: { anonymousConnectPolicy: 'allow' } } });
    expect(settingsOfHub(settings, 'chat').anonymousConnectPolicy).toBe('allow');
    expect(settingsOfHub(settings, 'other')).toMatchObject({
      anonymousConnectPolicy: 'deny',
      eventHandlers: [],
    });
    expect(settingsOfHub(settings, 'constructor').eventHandlers).toEqual([]);
    const withDefault = readConfig({ hubs: { _default: { anonymousConnectPolicy: 'allow' } } });
    expect(settingsOfHub(withDefault, 'other').anonymousConnectPolicy).toBe('allow');
  });

  test.each([
    [{ hubs: { '1chat': {} } }, 'hubs.1chat: '],
    [{ hubs: { chat: { anonymousConnectPolicy: 'maybe' } } }, 'hubs.chat.anonymousConnectPolicy: '],
    [handler({ urlTemplate: 'ftp://x' }), 'hubs.chat.eventHandlers[0].urlTemplate: must be an absolute http'],
    [handler({ urlTemplate: undefined }), 'hubs.chat.eventHandlers[0].urlTemplate: '],
    [handler({ systemEvents: ['joined'] }), 'hubs.chat.eventHandlers[0].systemEvents[0]: '],
    [handler({ userEventsPattern: '*' }), 'hubs.chat.eventHandlers[0]: '],
    [handler({ auth: { type: 'ManagedIdentity' } }), 'hubs.chat.eventHandlers[0].auth.type: only None'],
    [{ hubs: { chat: { eventListeners: [{}] } } }, 'hubs.chat.eventListeners[0]: event listeners'],
    [{ limits: { replayMessages: 0 } }, 'limits.replayMessages: '],
    [{ upstream: { timeoutSeconds: 200 } }, 'upstream.timeoutSeconds: must stay within'],
    [{ upstream: { timeoutSeconds: 30 } }, 'upstream.timeoutSeconds: must stay within'],
    [{ upstream: { retryDelaysMs: [1000, 3000, 20_000] } }, 'upstream.timeoutSeconds: must stay within'],
    [[], 'the file: '],
  ])('%j is refused with the place of the mistake', (file, message) => {
    expect(() => readConfig(file)).toThrow(message);
  });

  test('all mistakes are told at once', () => {
    expect(() => readConfig({ limits: { replayMessages: 0, replayBytes: 'many' } })).toThrow(
      /replayMessages(.|\n)*replayBytes/,
    );
  });
});

test('an access key shorter than 32 bytes is refused', async () => {
  await expect(startWebPubSub({ port: 0, config: {}, accessKey: 'short' })).rejects.toThrow(
    'at least 32 bytes',
  );
});
