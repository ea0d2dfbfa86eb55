/** Text that is HTML already. Nothing else goes into a page as it stands. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | undefined | Html | readonly Html[];

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

const textOf = (part: Part): string => {
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(({ text }) => text).join('');
  return escaped(String(part ?? ''));
};

/** A piece of a page: what is put in is escaped, unless it is such a piece itself. */
export const html = (pieces: TemplateStringsArray, ...parts: Part[]): Html =>
  new Html(pieces.map((piece, index) => piece + textOf(index < parts.length ? parts[index] : '')).join(''));

/** A text with `code` in it, as descriptions have it. */
export const prose = (text = ''): Html => new Html(escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>'));
