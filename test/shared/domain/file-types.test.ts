import { describe, expect, it } from 'vitest';
import { canBe, fileTypes, servedType, type FileType } from '../../../shared/domain/file-types.ts';

const bytes = (start: string): Uint8Array => Buffer.from(start, 'latin1');

/** How a file of each type begins; a type that is missing here does not compile. */
const starts: Record<FileType, string[]> = {
  'image/png': ['\x89PNG\r\n\x1a\n\0\0\0\rIHDR'],
  'image/jpeg': ['\xff\xd8\xff\xe0\0\x10JFIF', '\xff\xd8\xff\xe1'],
  'image/gif': ['GIF89a', 'GIF87a'],
  'image/webp': ['RIFF\x24\0\0\0WEBPVP8 '],
  'image/heic': ['\0\0\0\x18ftypheic', '\0\0\0\x18ftypmif1'],
  'audio/mpeg': ['ID3\x04', '\xff\xfb\x90\x64', '\xff\xf3\x40'],
  'audio/ogg': ['OggS\0\x02'],
  'audio/wav': ['RIFF\x24\0\0\0WAVEfmt '],
  'audio/mp4': ['\0\0\0\x20ftypM4A '],
  'audio/webm': ['\x1a\x45\xdf\xa3\x9f'],
  'video/mp4': ['\0\0\0\x20ftypisom'],
  'video/webm': ['\x1a\x45\xdf\xa3\x9f'],
  'video/quicktime': ['\0\0\0\x14ftypqt  ', '\0\0\0\x08wide'],
  'application/pdf': ['%PDF-1.7\n', '\r\n%PDF-1.4'],
  'application/zip': ['PK\x03\x04', 'PK\x05\x06'],
  'application/gzip': ['\x1f\x8b\x08\0'],
  'application/json': ['{"a": 1}', '\n[1, 2]', '"text"', '-1', 'true', '\xef\xbb\xbf{}'],
  'application/msword': ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', '{\\rtf1'],
  'application/vnd.ms-excel': ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
  'application/vnd.ms-powerpoint': ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': ['PK\x03\x04'],
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': ['PK\x03\x04'],
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': ['PK\x03\x04'],
  'application/vnd.oasis.opendocument.text': ['PK\x03\x04'],
  'application/vnd.oasis.opendocument.spreadsheet': ['PK\x03\x04'],
  'application/octet-stream': ['MZ\x90', '<html>', ''],
  'text/plain': ['Hello', '', '\xff\xfeH\0i\0', 'caf\xe9', '\ta < b, <3 and <hr> are no pages'],
  'text/csv': ['a;b\r\n1;2\r\n'],
  'text/markdown': ['# Title\n', '<p align="center">', '<!-- note -->\n# Title'],
};

/** What runs in a browser, whatever it is called. */
const pages = [
  '<!DOCTYPE html><script>alert(1)</script>',
  '<html><body onload=alert(1)>',
  '  \r\n\t<HTML >',
  '<script>alert(1)</script>',
  '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
  '<?xml version="1.0"?><svg/>',
  '\xef\xbb\xbf<!doctype html>',
  '\xff\xfe<\0h\0t\0m\0l\0>\0',
  '<!-- a --><!-- b -->\n<script>',
  '<iframe src=javascript:alert(1)>',
];

describe('the type of a file', () => {
  it.each(fileTypes)('%s is that of files that begin like it', (type) => {
    for (const start of starts[type]) expect([start, canBe(type, bytes(start))]).toEqual([start, true]);
  });

  it.each(fileTypes.filter((type) => type !== 'application/octet-stream'))(
    '%s is not that of pages, pictures with scripts and scripts of another name',
    (type) => {
      for (const page of pages) expect([page, canBe(type, bytes(page))]).toEqual([page, false]);
    },
  );

  it('of a picture, a sound, a film or a document is not that of a program, a script or nothing', () => {
    const texts = ['text/plain', 'text/csv', 'text/markdown', 'application/json'];
    const others = fileTypes.filter((type) => type !== 'application/octet-stream' && !texts.includes(type));
    for (const type of others)
      for (const start of ['', 'MZ\x90\0\x03', 'alert(1)', '#!/bin/sh', '\x7fELF', '%!PS'])
        expect([type, start, canBe(type, bytes(start))]).toEqual([type, start, false]);
  });

  it('of a text is not that of what has bytes no text has', () => {
    for (const start of ['MZ\x90\0', 'a\0b', '\x7fELF\x02\x01\x01\0'])
      expect([start, canBe('text/plain', bytes(start))]).toEqual([start, false]);
  });

  it('is looked for in no more than its beginning, and quickly', () => {
    const long = bytes('<!--'.repeat(1_000_000));
    const before = performance.now();
    for (const type of fileTypes) canBe(type, long);
    for (const type of fileTypes) canBe(type, bytes('<!---->'.repeat(100_000)));
    expect(performance.now() - before).toBeLessThan(1000);
  });

  it('that is not allowed is nobody’s, and is handed out as bytes', () => {
    for (const type of ['text/html', 'image/svg+xml', '', 'toString', '__proto__']) {
      expect(canBe(type, bytes('Hello'))).toBe(false);
      expect(servedType(type)).toBe('application/octet-stream');
    }
    expect(servedType('image/png')).toBe('image/png');
  });
});
