/** Fields of queue messages that hold ids, times and kinds: what an operator may see of them. */
const tellsWhatItIs =
  /^(?:v|kind|type|id|subject|time|source|specversion|traceparent|role|code|by|.*(?:Id|At|Type|Since))$/;

/** As long as what an operator may see can be: user ids. */
const maxLength = 256;
const maxDepth = 8;
const maxFields = 50;

const hidden = (what: string, count: number): string => `(${count} ${what}${count === 1 ? '' : 's'})`;

/**
 * What a queue message is, without what somebody wrote in it: numbers, ids, times and kinds as they are, of any other text
 * its length. Of what is deep or long, a part.
 */
export const outlineOf = (content: unknown, isShown = false, depth = 0): unknown => {
  if (typeof content === 'string')
    return isShown && content.length <= maxLength ? content : hidden('character', content.length);
  if (content instanceof Uint8Array) return hidden('byte', content.length);
  if (typeof content !== 'object' || content === null) return content;
  if (depth === maxDepth) return '(…)';
  if (Array.isArray(content))
    return content.slice(0, maxFields).map((item) => outlineOf(item, isShown, depth + 1));
  const fields = Object.entries(content).slice(0, maxFields);
  // Apps choose the names in these themselves.
  return Object.fromEntries(
    fields.map(([name, value]) => [
      name,
      name === 'metadata' && value !== null
        ? '(hidden)'
        : outlineOf(value, tellsWhatItIs.test(name), depth + 1),
    ]),
  );
};
