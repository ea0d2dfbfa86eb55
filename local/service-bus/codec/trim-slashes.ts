/** An address or a path without the slashes around it, in linear time: a pattern would take the square of what lies between. */
export function trimSlashes(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && text[start] === '/') start++;
  while (end > start && text[end - 1] === '/') end--;
  return text.slice(start, end);
}
