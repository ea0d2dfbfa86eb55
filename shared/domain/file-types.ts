/** The first bytes of a file, each a character (Latin-1). */
type Start = string;

/** Bytes at the start of a file that tell what it is. */
export const sniffedBytes = 4096;

const begins =
  (...signatures: string[]) =>
  (start: Start): boolean =>
    signatures.some((signature) => start.startsWith(signature));

const matches =
  (pattern: RegExp) =>
  (start: Start): boolean =>
    pattern.test(start);

const byteOrderMark = /^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)/;

/** What comes first in a text besides white space and comments, which browsers skip, too. */
const firstWords = (start: Start): string => {
  const isWide = /^(?:\xff\xfe|\xfe\xff)/.test(start); // UTF-16
  let text = (isWide ? start.replaceAll('\0', '') : start).replace(byteOrderMark, '').trimStart();
  while (text.startsWith('<!--')) {
    const end = text.indexOf('-->');
    if (end === -1) return '';
    text = text.slice(end + 3).trimStart();
  }
  return text;
};

/** WHATWG MIME Sniffing §7.1: what makes browsers take an unknown file for a page, and what else may hold scripts. */
const markup =
  /^<(?:!doctype|\?xml|!\[cdata\[|(?:html|head|script|iframe|body|style|title|svg|object|embed|link|meta|base|math)[\s/>])/i;

const isMarkup = (start: Start): boolean => markup.test(firstWords(start));

/** WHATWG MIME Sniffing §3: bytes that no text has. */
// eslint-disable-next-line no-control-regex -- finding control characters is what this is for
const binary = /[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]/;

const isText = (start: Start): boolean =>
  (/^(?:\xff\xfe|\xfe\xff)/.test(start) || !binary.test(start)) && !isMarkup(start);

const isJson = (start: Start): boolean => isText(start) && /^[[{"\d\-tfn]/.test(firstWords(start));

/** ISO 32000 Annex H: the header may stand anywhere in the first 1,024 bytes. */
const isPdf = (start: Start): boolean => start.slice(0, 1024).includes('%PDF-') && !isMarkup(start);

const isZip = begins('PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08');
const isOldOffice = begins('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1');
const isMp4 = matches(/^[^]{4}ftyp/);
const isMatroska = begins('\x1a\x45\xdf\xa3');

/**
 * The media types that an attachment may have, and whether a file that begins like this can be one. Nothing that a browser
 * would run: no HTML, SVG, XML, scripts. What is called `application/octet-stream` may be anything: nobody opens it.
 */
const checks = {
  'image/png': begins('\x89PNG\r\n\x1a\n'),
  'image/jpeg': begins('\xff\xd8\xff'),
  'image/gif': begins('GIF87a', 'GIF89a'),
  'image/webp': matches(/^RIFF[^]{4}WEBP/),
  'image/heic': matches(/^[^]{4}ftyp(?:hei[cmsx]|hev[cmsx]|mif1|msf1)/),
  // Layer I is left out: its first two bytes may be a byte order mark as well.
  'audio/mpeg': matches(/^(?:ID3|\xff[\xe2-\xe7\xf2-\xf7\xfa-\xfd])/),
  'audio/ogg': begins('OggS'),
  'audio/wav': matches(/^RIFF[^]{4}WAVE/),
  'audio/mp4': isMp4,
  'audio/webm': isMatroska,
  'video/mp4': isMp4,
  'video/webm': isMatroska,
  'video/quicktime': matches(/^[^]{4}(?:ftyp|moov|mdat|wide|free|skip|pnot)/),
  'application/pdf': isPdf,
  'application/zip': isZip,
  'application/gzip': begins('\x1f\x8b\x08'),
  'application/json': isJson,
  'application/msword': (start: Start) => isOldOffice(start) || start.startsWith('{\\rtf'),
  'application/vnd.ms-excel': isOldOffice,
  'application/vnd.ms-powerpoint': isOldOffice,
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': isZip,
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': isZip,
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': isZip,
  'application/vnd.oasis.opendocument.text': isZip,
  'application/vnd.oasis.opendocument.spreadsheet': isZip,
  'application/octet-stream': () => true,
  'text/plain': isText,
  'text/csv': isText,
  'text/markdown': isText,
} as const;

export type FileType = keyof typeof checks;

/** Media types that an attachment may have. */
export const fileTypes = Object.keys(checks) as [FileType, ...FileType[]];

const isFileType = (type: string): type is FileType => Object.hasOwn(checks, type);

/** Whether a file that begins with these bytes can be of a type; none is of a type that is not allowed. */
export const canBe = (type: string, start: Uint8Array): boolean =>
  isFileType(type) && checks[type](Buffer.from(start.subarray(0, sniffedBytes)).toString('latin1'));

/** The type that a file is handed out under. */
export const servedType = (type: string): FileType => (isFileType(type) ? type : 'application/octet-stream');
