/**
 * SQL LIKE: `%` is any text, `_` any character; the escape character takes the next one literally. Two pointers and a
 * memory of the last `%`, so the time is at most text × pattern whatever the pattern.
 */
export function isLike(text: string, pattern: string, escape = ''): boolean {
  const parts = parsePattern(pattern, escape);
  const characters = Array.from(text);
  let t = 0;
  let p = 0;
  let lastAny = -1;
  let resume = 0;
  while (t < characters.length) {
    const part = parts[p];
    if (part === anyText) {
      lastAny = p++;
      resume = t;
    } else if (part !== undefined && (part === anyCharacter || part === characters[t])) {
      p++;
      t++;
    } else if (lastAny >= 0) {
      p = lastAny + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return parts.slice(p).every((part) => part === anyText);
}

const anyText = Symbol('%');
const anyCharacter = Symbol('_');

function parsePattern(pattern: string, escape: string): (string | typeof anyText | typeof anyCharacter)[] {
  const parts: (string | typeof anyText | typeof anyCharacter)[] = [];
  let literal = false;
  for (const character of pattern) {
    if (!literal && escape !== '' && character === escape) {
      literal = true;
      continue;
    }
    if (literal) parts.push(character);
    else if (character === '%') parts.push(anyText);
    else if (character === '_') parts.push(anyCharacter);
    else parts.push(character);
    literal = false;
  }
  return parts;
}
