import { crc32, inflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { zip } from '../../infra/scripts/zip.ts';

/** Reads an archive as others do: from the directory at its end. */
const unzip = (archive: Buffer): Map<string, string> => {
  const end = archive.length - 22;
  expect(archive.readUInt32LE(end)).toBe(0x06054b50);
  let at = archive.readUInt32LE(end + 16);
  const files = new Map<string, string>();
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    expect(archive.readUInt32LE(at)).toBe(0x02014b50);
    const [crc, packed, size] = [16, 20, 24].map((field) => archive.readUInt32LE(at + field));
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    const local = archive.readUInt32LE(at + 42);
    expect(archive.readUInt32LE(local)).toBe(0x04034b50);
    expect(archive.toString('utf8', local + 30, local + 30 + nameLength)).toBe(name);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const content = inflateRawSync(archive.subarray(start, start + (packed ?? 0)));
    expect([content.length, crc32(content)]).toEqual([size, crc]);
    files.set(name, content.toString());
    at += 46 + nameLength;
  }
  expect(at).toBe(end);
  return files;
};

it('what is packed comes out again', () => {
  const files: [string, string][] = [
    ['host.json', '{}'],
    ['dist/functions/index.js', 'x'.repeat(100_000)],
    ['dist/empty', ''],
    ['dist/fünf.js', 'ü'],
  ];
  const archive = zip(new Map(files.map(([name, text]) => [name, Buffer.from(text)])));
  expect(unzip(archive)).toEqual(new Map(files));
  expect(archive.length).toBeLessThan(2000);
});

it('the same app makes the same archive', () => {
  const files = new Map([['a', Buffer.from('b')]]);
  expect(zip(files).equals(zip(files))).toBe(true);
});
