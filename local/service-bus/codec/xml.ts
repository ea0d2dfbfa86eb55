/** As much of XML as ATOM needs: elements, attributes, text. No document types, so no entities but the built-in ones. */

export interface XmlElement {
  /** Without its prefix. */
  readonly name: string;
  /** By name without prefix. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

/** The text is not such XML. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}

const maxDepth = 32;

/** @throws XmlError */
export function parseXml(text: string): XmlElement {
  const reader = new XmlReader(text);
  return reader.document();
}

export function findChild(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&${entityOf[character] ?? ''};`);
}

class XmlReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): XmlElement {
    this.#skipMisc();
    const root = this.#element(0);
    this.#skipMisc();
    if (this.#at < this.#text.length) throw this.#error();
    return root;
  }

  #element(depth: number): XmlElement {
    if (depth > maxDepth) throw new XmlError('The XML is nested too deeply.');
    const [, name = ''] = this.#expect(/<([\w:.-]+)/y);
    const attributes = this.#attributes();
    if (this.#take(/\s*\/>/y)) return { name: localName(name), attributes, children: [], text: '' };
    this.#expect(/\s*>/y);
    const { children, text } = this.#content(depth);
    const [, end] = this.#expect(/<\/([\w:.-]+)\s*>/y);
    if (end !== name) throw new XmlError(`<${name}> is closed by </${String(end)}>.`);
    return { name: localName(name), attributes, children, text };
  }

  #attributes(): Record<string, string> {
    const attributes: Record<string, string> = {};
    const pattern = /\s+([\w:.-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
    for (let match = this.#take(pattern); match; match = this.#take(pattern)) {
      attributes[localName(match[1] ?? '')] = unescape(match[2] ?? match[3] ?? '');
    }
    return attributes;
  }

  #content(depth: number): { children: XmlElement[]; text: string } {
    const children: XmlElement[] = [];
    let text = '';
    for (;;) {
      const plain = this.#take(/[^<]+/y);
      if (plain) text += unescape(plain[0]);
      const cdata = this.#take(/<!\[CDATA\[([^]*?)\]\]>/y);
      if (cdata) text += cdata[1] ?? '';
      if (this.#take(/<!--[^]*?-->/y) ?? cdata ?? plain) continue;
      if (this.#text.startsWith('</', this.#at)) return { children, text };
      children.push(this.#element(depth + 1));
    }
  }

  /** Declaration, comments and space around the root. */
  #skipMisc(): void {
    while (this.#take(/\s+|<\?[^]*?\?>|<!--[^]*?-->/y));
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match) this.#at = pattern.lastIndex;
    return match;
  }

  #expect(pattern: RegExp): RegExpExecArray {
    const match = this.#take(pattern);
    if (!match) throw this.#error();
    return match;
  }

  #error(): XmlError {
    return new XmlError(`The XML is not well-formed at position ${this.#at + 1}.`);
  }
}

const localName = (name: string) => name.slice(name.indexOf(':') + 1);

const entityOf: Readonly<Record<string, string>> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": 'apos',
};

const builtIn: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescape(text: string): string {
  return text.replace(
    /&(?:#x([\da-f]{1,6})|#(\d{1,7})|(\w+));/gi,
    (all, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return Object.hasOwn(builtIn, name) ? (builtIn[name] ?? all) : all;
      const code = hex === undefined ? Number(decimal) : parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : all;
    },
  );
}
