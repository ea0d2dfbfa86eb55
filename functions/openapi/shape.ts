import type { JsonObject } from './components.ts';
import { html, prose, type Html } from './html.ts';

/** What a schema asks of a value, in words and links for people. */

/** The last part of a reference. */
export const nameOf = ($ref: string): string => $ref.split('/').at(-1) ?? '';

const list = (value: unknown): JsonObject[] => (Array.isArray(value) ? (value as JsonObject[]) : []);

const joined = (parts: readonly Html[], between: string): Html =>
  html`${parts.map((part, index) => (index === 0 ? part : html`${between}${part}`))}`;

const code = (value: unknown): Html => html`<code>${JSON.stringify(value)}</code>`;

/** The limits of a value. */
const limitsOf = ({
  minLength,
  maxLength,
  minimum,
  maximum,
  minItems,
  maxItems,
  default: standard,
}: JsonObject): Html[] => {
  const range = (from: unknown, to: unknown, unit: string): Html[] => {
    const [least, most] = [from, to].map((bound) => (typeof bound === 'number' ? bound : undefined));
    if (least === undefined) return most === undefined ? [] : [html`up to ${most}${unit}`];
    return [most === undefined ? html`from ${least}${unit}` : html`${least} to ${most}${unit}`];
  };
  return [
    ...range(minLength, maxLength, ' characters'),
    ...range(minimum, maximum, ''),
    ...range(minItems, maxItems, ' items'),
    ...(standard === undefined ? [] : [html`default ${code(standard)}`]),
  ];
};

/** What is said of it. */
export const describedBy = ({ description }: JsonObject): string =>
  typeof description === 'string' ? description : '';

/** A type in a few words: `string (date-time)`, `array of Message`, `"a" or "b"`. */
export const typeOf = (schema: JsonObject): Html => {
  const { $ref, const: constant, enum: choices, type, format, items } = schema;
  if (typeof $ref === 'string') return html`<a href="#schema-${nameOf($ref)}">${nameOf($ref)}</a>`;
  if (constant !== undefined) return code(constant);
  if (Array.isArray(choices)) return joined(choices.map(code), ' or ');
  const alternatives = [...list(schema.anyOf), ...list(schema.oneOf)];
  if (alternatives.length > 0) return joined(alternatives.map(typeOf), ' or ');
  if (schema.not !== undefined) return html`absent`;
  if (type === 'array') return html`array of ${typeOf((items ?? {}) as JsonObject)}`;
  const name = Array.isArray(type) ? type.join(' or ') : typeof type === 'string' ? type : 'anything';
  const details = [...(typeof format === 'string' ? [html`${format}`] : []), ...limitsOf(schema)];
  return details.length === 0 ? html`${name}` : html`${name} (${joined(details, ', ')})`;
};

/** The object that is described by a schema, perhaps in a list. */
const objectIn = (schema: JsonObject): JsonObject | undefined => {
  if (schema.properties !== undefined) return schema;
  const inner = [
    ...list(schema.anyOf),
    ...list(schema.oneOf),
    ...(schema.items === undefined ? [] : [schema.items as JsonObject]),
  ];
  for (const candidate of inner) {
    const found = objectIn(candidate);
    if (found) return found;
  }
  return undefined;
};

/** The rows of a table of fields; those of objects within follow them, as `attachment.size`. */
export const fieldRows = (schema: JsonObject, prefix = ''): Html[] => {
  const { properties = {}, required = [] } = (objectIn(schema) ?? {}) as {
    properties?: Record<string, JsonObject>;
    required?: string[];
  };
  return Object.entries(properties).flatMap(([name, property]) => [
    html`<tr>
      <td><code>${prefix}${name}</code></td>
      <td>${typeOf(property)}</td>
      <td>${required.includes(name) ? 'required' : ''}</td>
      <td>${prose(describedBy(property))}</td>
    </tr>`,
    ...fieldRows(property, `${prefix}${name}.`),
  ]);
};
