import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fillHello } from '../../local/stack/hello.ts';
import { lockData, runningStack } from '../../local/stack/lock.ts';
import { defaultPorts, portsFromEnvironment } from '../../local/stack/ports.ts';
import { fillSecrets, followPorts, followSettings } from '../../local/stack/settings.ts';

const moved = { functions: 8080, serviceBus: 1001, webPubSub: 1002, blob: 1003, table: 1004 };

describe('settings for other ports', () => {
  it('follow every address of a local service, each once, and no other', () => {
    const text =
      'http://127.0.0.1:7071/api http://localhost:8080 sb://127.0.0.1:5672; http://example.org:7071 127.0.0.1:70711';
    expect(followPorts(text, moved)).toBe(
      'http://127.0.0.1:8080/api http://127.0.0.1:1002 sb://127.0.0.1:1001; http://example.org:7071 127.0.0.1:70711',
    );
  });

  it('stay as they are with the default ports', () => {
    const values = { A: 'UseDevelopmentStorage=true', B: 'http://localhost:7071' };
    expect(followSettings(values, defaultPorts)).toEqual(values);
  });

  it('spell out what UseDevelopmentStorage=true stands for', () => {
    const { A } = followSettings({ A: 'UseDevelopmentStorage=true' }, moved);
    expect(A).toMatch(
      /AccountName=devstoreaccount1;.*BlobEndpoint=http:\/\/127\.0\.0\.1:1003\/devstoreaccount1;/,
    );
    expect(A).toContain('TableEndpoint=http://127.0.0.1:1004/devstoreaccount1;');
  });
});

it('each secret of a sample is 32 random bytes of its own', () => {
  const [one, two] = fillSecrets('<random> <random>').split(' ');
  expect(Buffer.from(one ?? '', 'base64url')).toHaveLength(32);
  expect(one).not.toBe(two);
});

describe('ports', () => {
  it('come from the environment, and default to the usual ones', () => {
    expect(portsFromEnvironment({ FUNCTIONS_PORT: '7000', TABLE_PORT: '' })).toEqual({
      ...defaultPorts,
      functions: 7000,
    });
  });

  it('that are none are refused by name', () => {
    expect(() => portsFromEnvironment({ BLOB_PORT: '65536' })).toThrow(/BLOB_PORT is "65536"/);
    expect(() => portsFromEnvironment({ BLOB_PORT: 'x' })).toThrow(/BLOB_PORT is "x"/);
  });
});

describe('the hello text', () => {
  it('has its URLs and settings filled in', () => {
    const text = fillHello('{{functions}} {{ setting:A }}', { functions: 'http://f' }, { A: 'a' });
    expect(text).toBe('http://f a');
  });

  it('with an unknown placeholder is refused', () => {
    expect(() => fillHello('{{setting:B}}', {}, {})).toThrow(
      /\{\{setting:B\}\}, which is neither a URL nor a setting/,
    );
  });
});

/** Asks for one folder after the other, each at the same moment as the other does. Says which it got. */
const contender = `
const { parentPort, workerData } = require('node:worker_threads');
const { folders, gate, lock } = workerData;
void import(lock).then(({ lockData }) => {
  parentPort.postMessage(folders.map((folder, index) => {
    if (Atomics.add(gate, index, 1) === 0) Atomics.wait(gate, index, 1);
    else Atomics.notify(gate, index);
    try {
      lockData(folder);
      return true;
    } catch (error) {
      if (!/is running already/.test(error.message)) throw error;
      return false;
    }
  }));
});
`;

describe('a data folder', () => {
  const aFolder = () => {
    const folder = mkdtempSync(join(tmpdir(), 'data-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    return folder;
  };

  it('is held until it is given back', () => {
    const folder = aFolder();
    const lock = lockData(folder);
    expect(lock.wasStale).toBe(false);
    expect(runningStack(folder)).toBe(process.pid);
    expect(() => lockData(folder)).toThrow(/The stack is running already/);
    lock.release();
    expect(runningStack(folder)).toBeUndefined();
  });

  it.each([
    ['of a process that is gone', '{"pid":4194303}'],
    ['of a process whose id another one has now', JSON.stringify({ pid: process.pid, bornAt: '1' })],
    ['that was not written to its end', '{"pi'],
  ])('can be taken over from a file %s', (_, content) => {
    const folder = aFolder();
    writeFileSync(join(folder, 'stack.pid'), content);
    expect(runningStack(folder)).toBeUndefined();
    const lock = lockData(folder);
    expect(lock.wasStale).toBe(true);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['that nobody has had', undefined],
    ['that a dead stack has left', '{"pid":4194303}'],
  ])('%s is given to one of two who ask at once', async (_, left) => {
    const folders = Array.from({ length: 50 }, aFolder);
    if (left !== undefined) for (const folder of folders) writeFileSync(join(folder, 'stack.pid'), left);
    const gate = new Int32Array(new SharedArrayBuffer(4 * folders.length));
    const workerData = { folders, gate, lock: new URL('../../local/stack/lock.ts', import.meta.url).href };
    const contenders = [1, 2].map(() => new Worker(contender, { eval: true, workerData }));
    const outcomes = await Promise.all(
      contenders.map(async (worker) => {
        const [held] = (await once(worker, 'message')) as [boolean[]];
        return held;
      }),
    );
    const holders = folders.map((__, index) => outcomes.filter((held) => held[index]).length);
    expect(holders).toEqual(folders.map(() => 1));
    for (const folder of folders) expect(readdirSync(folder)).toEqual(['stack.pid']);
  });
});
