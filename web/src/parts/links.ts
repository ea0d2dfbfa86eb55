export type Piece = { text: string } | { text: string; url: string };

/**
 * A URL as people write it; one class repeated, so there is nothing to backtrack into. It ends at what turns the direction of
 * text: that makes an address look like another.
 */
const url = /\bhttps?:\/\/[^\s<>"'`\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;

/** What ends a sentence, not a URL. */
const ending = new Set('.,;:!?)]}…');

const trimmed = (found: string): string => {
  let end = found.length;
  while (end > 0 && ending.has(found.charAt(end - 1))) end--;
  return found.slice(0, end);
};

/** A text in pieces, those that are web addresses with where they lead to. Only `http:` and `https:` lead anywhere. */
export const linked = (text: string): Piece[] => {
  const pieces: Piece[] = [];
  let rest = 0;
  for (const match of text.matchAll(url)) {
    const found = trimmed(match[0]);
    if (!URL.canParse(found)) continue;
    if (match.index > rest) pieces.push({ text: text.slice(rest, match.index) });
    pieces.push({ text: found, url: found });
    rest = match.index + found.length;
  }
  if (rest < text.length) pieces.push({ text: text.slice(rest) });
  return pieces;
};
