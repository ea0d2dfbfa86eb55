/** Rules about the characters of names, ids and messages. */

/** Control characters (C0, DEL, C1) and the two line separators that JavaScript treats as line ends. */
// eslint-disable-next-line no-control-regex -- finding control characters is what this is for
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u;

/** Length of a text in code points: an emoji of one code point is one, though it takes two UTF-16 units. */
export const codePoints = (text: string): number => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};

/** Whether a text is well-formed Unicode: a lone surrogate cannot be stored as UTF-8 and comes back as another text. */
export const isWellFormed = (text: string): boolean => text.isWellFormed();

export const hasControls = (text: string): boolean => controls.test(text);

/** At most `limit` code points from the start of a text, never half of one. */
export const truncate = (text: string, limit: number): string => {
  if (text.length <= limit) return text;
  let end = 0;
  let count = 0;
  for (const point of text) {
    if (count++ === limit) break;
    end += point.length;
  }
  return text.slice(0, end);
};
