/** Rules about the characters of names, ids and messages. */

/** Control characters (C0, DEL, C1) and the two line separators that JavaScript treats as line ends. */
// eslint-disable-next-line no-control-regex -- finding control characters is what this is for
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u;

/** A text is countable in code points: an emoji is one, however many UTF-16 units it takes. */
export const codePoints = (text: string): number => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};

/** Whether a text is well-formed Unicode: a lone surrogate cannot be stored as UTF-8 and comes back as another text. */
export const isWellFormed = (text: string): boolean => text.isWellFormed();

export const hasControls = (text: string): boolean => controls.test(text);

/** At most `limit` code points of a text, never half an emoji. */
export const truncate = (text: string, limit: number): string =>
  text.length <= limit ? text : [...text.slice(0, limit * 2)].slice(0, limit).join('');
