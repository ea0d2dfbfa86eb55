import { randomUUID } from 'node:crypto';
import { request as forward } from 'node:http';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BlobListener } from '../../../local/functions-host/triggers/blob/blob-listener.ts';
import { parseBlobPath } from '../../../local/functions-host/triggers/blob/blob-path.ts';
import { BlobReceipts } from '../../../local/functions-host/triggers/blob/receipts.ts';
import { type Azurite, startAzurite } from '../../support/azurite.ts';
import { aServer } from '../../support/http-server.ts';
import { aTriggerContext, type Call, Recorder, start, started } from './trigger-support.ts';

let azurite: Azurite;
let blobs: BlobServiceClient;

beforeAll(async () => {
  azurite = await startAzurite();
  blobs = BlobServiceClient.fromConnectionString(azurite.blobs);
}, 60_000);

afterAll(() => azurite.stop());

async function aContainer(name: string) {
  const container = blobs.getContainerClient(name);
  await container.createIfNotExists();
  return container;
}

async function upload(container: string, name: string, text: string, metadata: Record<string, string> = {}) {
  const client = await aContainer(container);
  await client.getBlockBlobClient(name).upload(text, Buffer.byteLength(text), { metadata });
}

/** Each trigger has a function name of its own, so that no receipts are shared. */
function aTrigger(
  name: string,
  path: string,
  handler: (call: Call) => unknown,
  connectionString = azurite.blobs,
) {
  const context = aTriggerContext({
    binding: { path, connection: 'Store' },
    settings: { Store: connectionString },
    handler,
  });
  context.fn.name = name;
  return { listener: new BlobListener(context), entries: context.entries };
}

/** The storage, but nobody may write receipts. @returns its connection string */
async function withoutReceipts(): Promise<string> {
  const [, port = ''] = /BlobEndpoint=http:\/\/127\.0\.0\.1:(\d+)/.exec(azurite.blobs) ?? [];
  const url = await aServer((request, response) => {
    if (request.method === 'PUT' && request.url?.includes('blobreceipts') === true) {
      request.resume();
      const message = `Not allowed.\nRequestId:${randomUUID()}`; // as real ones, each answer is another
      response.writeHead(403, {
        'content-type': 'application/xml',
        'x-ms-error-code': 'AuthorizationFailure',
      });
      response.end(`<Error><Code>AuthorizationFailure</Code><Message>${message}</Message></Error>`);
      return;
    }
    const { method, url: path, headers } = request;
    const onward = forward({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  return azurite.blobs.replace(/http:\/\/127\.0\.0\.1:\d+/, url);
}

describe('a blob trigger', () => {
  it('gets bytes, properties, metadata and path parameters of a blob', async () => {
    const calls = new Recorder<Call>();
    await upload('photos', 'ann/cat.png', 'pixels', { taken: 'today' });
    await upload('photos', 'ann/cat.txt', 'text');
    await started(aTrigger('reads', 'photos/{user}/{name}.png', (call) => calls.add(call)).listener);
    const [call] = await calls.reaching(1);
    expect(Buffer.from(call?.input as Uint8Array).toString()).toBe('pixels');
    expect(call).toMatchObject({
      reason: 'New blob detected(LogsAndContainerScan): photos/ann/cat.png',
      metadata: {
        BlobTrigger: 'photos/ann/cat.png',
        Properties: { ContentLength: 6 },
        Metadata: { taken: 'today' },
        user: 'ann',
        name: 'cat',
      },
    });
  });

  it('gets each version of a blob once, also after a restart', async () => {
    const calls = new Recorder<string>();
    const handler = ({ input }: Call) => calls.add(Buffer.from(input as Uint8Array).toString());
    await upload('versions', 'a', 'one');
    const first = aTrigger('versions', 'versions', handler).listener;
    await start(first);
    await calls.reaching(1);
    await first.stop();
    await upload('versions', 'b', 'two');
    await started(aTrigger('versions', 'versions', handler).listener);
    await calls.reaching(2);
    await upload('versions', 'a', 'three');
    expect(await calls.reaching(3)).toEqual(['one', 'two', 'three']);
  });

  it('waits for a container that is not there yet', async () => {
    const calls = new Recorder<Call>();
    const { listener, entries } = aTrigger('early', 'later/{name}', (call) => calls.add(call));
    await started(listener);
    await upload('later', 'x', 'x');
    await calls.reaching(1);
    expect(entries).toEqual([]);
  });

  it('tells once of each blob that it cannot be done with, and goes on trying', async () => {
    const calls = new Recorder<string>();
    await upload('stuck', 'one', 'x');
    await upload('stuck', 'two', 'x');
    const handler = ({ metadata }: Call) => calls.add(String(metadata.name));
    const { listener, entries } = aTrigger('stuck', 'stuck', handler, await withoutReceipts());
    await started(listener);
    await calls.reaching(8);
    const messages = entries.map(({ level, message }) => `${level} ${message}`);
    expect(messages.sort()).toEqual([
      expect.stringMatching(/^warning "stuck\/one": Not allowed/),
      expect.stringMatching(/^warning "stuck\/two": Not allowed/),
    ]);
  });

  it('is tried five times for a blob that fails, which is poison then and left alone', async () => {
    const calls = new Recorder<string>();
    const { listener, entries } = aTrigger('fails', 'bad', ({ metadata }) => {
      calls.add(String(metadata.name));
      if (metadata.name === 'rotten') throw new Error('no');
    });
    await upload('bad', 'rotten', 'x');
    await started(listener);
    await calls.reaching(5);
    await upload('bad', 'fresh', 'x');
    expect(await calls.reaching(6)).toEqual([...Array<string>(5).fill('rotten'), 'fresh']);
    expect(entries.map(({ level, message }) => `${level} ${message}`)).toEqual([
      expect.stringMatching(
        /^error "bad\/rotten" failed 5 times and is left alone: see webjobs-blobtrigger-poison\//,
      ),
    ]);
    const poison = blobs.getContainerClient('webjobs-blobtrigger-poison');
    const names: string[] = [];
    for await (const { name } of poison.listBlobsFlat()) names.push(name);
    expect(names).toEqual([expect.stringMatching(/^Host\.Functions\.fails\/.+\/bad\/rotten$/)]);
  });
});

describe('receipts of blobs', () => {
  it('stay in memory for what the last scan met, and in storage for all', async () => {
    const receipts = new BlobReceipts(blobs, 'forgetful');
    for (const name of ['a', 'b', 'c']) await receipts.write(`box/${name}`, '1');
    receipts.endScan();
    expect(receipts.size).toBe(3);
    expect(await receipts.has('box/c', '1')).toBe(true);
    expect(await receipts.has('box/c', '2')).toBe(false);
    receipts.endScan(); // a and b are gone
    expect(receipts.size).toBe(1);
    expect(await receipts.has('box/a', '1')).toBe(true);
  });
});

describe('a blob path', () => {
  it('without a pattern means the whole container', () => {
    expect(parseBlobPath('box').match('a/b')).toEqual({ name: 'a/b' });
  });

  it('takes its other characters literally', () => {
    const path = parseBlobPath('box/in.box/{name}.tar.gz');
    expect(path.prefix).toBe('in.box/');
    expect(path.match('in.box/x.tar.gz')).toEqual({ name: 'x' });
    expect(path.match('inxbox/x.tar.gz')).toBeUndefined();
  });

  it.each(['', '/x', 'UPPER/x', 'box/{a}/{a}', 'box/{}'])('"%s" is refused', (path) => {
    expect(() => parseBlobPath(path)).toThrow(/the path/);
  });
});
