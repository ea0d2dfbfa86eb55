import { request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  InspectionError,
  readInspectionPort,
  startInspection,
} from '../../../local/inspection/inspection.ts';
import { maskNamed, maskSecrets } from '../../../local/inspection/mask.ts';
import { Recent, take } from '../../../local/inspection/recent.ts';
import { inspect, inspectionKey } from './support.ts';

const things = new Recent<string>(3);

const anInspection = async () => {
  const inspection = await startInspection({
    port: 0,
    key: inspectionKey,
    live: { things },
    operations: {
      'GET things': ({ query }) => ({ asked: query.get('q') }),
      'POST things': ({ body }) => ({ got: body }),
      'GET missing': () => {
        throw new InspectionError(404, 'not there');
      },
    },
  });
  onTestFinished(() => inspection.close());
  return inspection;
};

describe('a service under inspection', () => {
  it('answers who shows the key, and nobody else', async () => {
    const { url } = await anInspection();
    expect(await inspect(url, 'things?q=1')).toEqual({ asked: '1' });
    expect(await inspect(url, 'things', { a: 1 })).toEqual({ got: { a: 1 } });
    for (const authorization of ['', 'Bearer ', `Bearer ${inspectionKey}x`, inspectionKey]) {
      const response = await fetch(`${url}/things`, { headers: { authorization } });
      expect(response.status).toBe(401);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('says what is wrong with a request', async () => {
    const { url } = await anInspection();
    const headers = { authorization: `Bearer ${inspectionKey}` };
    expect((await fetch(`${url}/nothing`, { headers })).status).toBe(404);
    expect((await fetch(`${url}/toString`, { headers })).status).toBe(404);
    const missing = await fetch(`${url}/missing`, { headers });
    expect([missing.status, await missing.json()]).toEqual([404, { error: 'not there' }]);
    expect((await fetch(`${url}/things`, { headers, method: 'POST', body: '{' })).status).toBe(400);
  });

  it('outlives a path that is none', async () => {
    const { url } = await anInspection();
    const { port } = new URL(url);
    const headers = { authorization: `Bearer ${inspectionKey}` };
    for (const path of ['//', 'http://', '/\\\\[']) {
      const [answer] = (await once(
        request({ port, host: '127.0.0.1', path, headers }).end(),
        'response',
      )) as [IncomingMessage];
      answer.resume();
      expect([400, 404]).toContain(answer.statusCode);
    }
    expect(await inspect(url, 'things?q=1')).toEqual({ asked: '1' });
  });

  it('tells of changes while somebody watches, and stops although somebody does', async () => {
    const inspection = await anInspection();
    const { port } = new URL(inspection.url);
    const asked = request({
      port,
      host: '127.0.0.1',
      path: '/live',
      headers: { authorization: `Bearer ${inspectionKey}` },
    });
    const [answer] = (await once(asked.end(), 'response')) as [NodeJS.ReadableStream];
    await once(answer, 'data');
    things.add('one');
    const [told] = (await once(answer, 'data')) as [Buffer];
    expect(told.toString()).toBe('data: {"changed":"things"}\n\n');
    answer.on('error', () => undefined);
    await inspection.close();
  });

  it('is not opened without a key of 16 characters, nor at what is no port', async () => {
    await expect(startInspection({ port: 0, key: 'short', operations: {} })).rejects.toThrow(
      /INSPECTION_KEY/,
    );
    expect(() => readInspectionPort('x')).toThrow(/--inspection-port/);
    expect(readInspectionPort(undefined)).toBeUndefined();
  });
});

it('the last things of a kind take the place of the oldest, and keep their numbers', () => {
  const recent = new Recent<string>(3);
  for (const item of ['a', 'b', 'c', 'd']) recent.add(item);
  expect([...recent.newestFirst()]).toEqual(['d', 'c', 'b']);
  expect([0, 1, 2, 4, 5, 1.5, NaN].map((number) => recent.get(number))).toEqual([
    undefined,
    undefined,
    'b',
    'd',
    undefined,
    undefined,
    undefined,
  ]);
  expect(take(recent.newestFirst(), 1, (item) => item < 'd')).toEqual(['c']);
});

describe('secrets', () => {
  it.each([
    ['http://127.0.0.1:10000/a/b?sv=1&sig=abc%2Fdef&se=2', 'http://127.0.0.1:10000/a/b?sv=1&sig=•••&se=2'],
    ['wss://h/client?access_token=xyz', 'wss://h/client?access_token=•••'],
    ['AccountName=a;AccountKey=abc==;X=1', 'AccountName=a;AccountKey=•••;X=1'],
    ['Endpoint=sb://h;SharedAccessKey=abc;Y=2', 'Endpoint=sb://h;SharedAccessKey=•••;Y=2'],
    ['authorization: Bearer abc.def-1', 'authorization: Bearer •••'],
    ['{"password":"open \\"sesame\\"","name":"ann"}', '{"password":"•••","name":"ann"}'],
    ['{"refreshToken": "abc"}', '{"refreshToken": "•••"}'],
    ['token eyJhbGciOiJI.eyJzdWIi.abc_-1 end', 'token ••• end'],
    ['nothing of the kind', 'nothing of the kind'],
  ])('are not in what is shown of %s', (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
  });

  it('are known by their names, too', () => {
    expect(maskNamed('passwordHash', 'x')).toBe('•••');
    expect(maskNamed('text', 'hello')).toBe('hello');
    expect(maskNamed('count', 3)).toBe(3);
  });
});
