import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanFileName } from '../../../shared/domain/file-name.ts';

describe('a file name', () => {
  it.each([
    ['holiday.jpg', 'holiday.jpg'],
    ['../../etc/passwd', '_.._etc_passwd'],
    ['C:\\temp\\x.txt', 'C__temp_x.txt'],
    ['a\u0000b\r\n.txt', 'ab.txt'],
    ['photo\u202egpj.exe', 'photogpj.exe'],
    ['  spaced  ', 'spaced'],
    ['...', 'file'],
    ['', 'file'],
    ['Zürich 🏔.png', 'Zürich 🏔.png'],
  ])('%j becomes %j', (name, clean) => {
    expect(cleanFileName(name)).toBe(clean);
  });

  it('never holds a path, a control or a way to look like another, and stays what it is when cleaned again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
        const clean = cleanFileName(name);
        // eslint-disable-next-line no-control-regex -- control characters are what must not be there
        expect(clean).not.toMatch(/[\u0000-\u001f\u007f-\u009f/\\:*?"<>|\u200b-\u200f\u202a-\u202e]/u);
        expect(clean.length).toBeGreaterThan(0);
        expect(clean).not.toBe('..');
      }),
    );
  });
});
