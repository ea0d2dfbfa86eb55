import { truncate } from './text.ts';

/** Bidirectional controls can make `gpj.exe` look like `exe.jpg`; zero-width characters hide what a name really is. */
const deceptive = /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;
// eslint-disable-next-line no-control-regex -- removing control characters is what this is for
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/gu;
const reserved = /[/\\:*?"<>|]/g;

/**
 * A file name that is safe to show and to save under: any name is taken, what is dangerous in it is not. It is never
 * part of a path: blobs have names of the server's making.
 */
export const cleanFileName = (name: string): string => {
  const clean = name
    .normalize('NFC')
    .replace(deceptive, '')
    .replace(controls, '')
    .replace(reserved, '_')
    .replace(/^[.\s]+|[.\s]+$/g, '');
  return truncate(clean, 200) || 'file';
};
