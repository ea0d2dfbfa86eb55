/** A node of a filter as Azurite's parser makes it; which fields there are depends on its name. */
export interface FilterNode {
  readonly name: string;
  readonly left?: FilterNode;
  readonly right?: FilterNode;
  readonly identifier?: string;
  readonly value?: unknown;
}

/** A part of one partition that holds every row a filter can match, and perhaps others. */
export interface Range {
  readonly partitionKey: string;
  /** Whether a row key lies within. */
  readonly includes: (rowKey: string) => boolean;
}

const comparisons: Readonly<Record<string, (rowKey: string, bound: string) => boolean>> = {
  eq: (rowKey, bound) => rowKey === bound,
  gt: (rowKey, bound) => rowKey > bound,
  ge: (rowKey, bound) => rowKey >= bound,
  lt: (rowKey, bound) => rowKey < bound,
  le: (rowKey, bound) => rowKey <= bound,
};

/** The conditions that all have to hold: what `and` joins, at the top of the filter. */
const conditionsOf = (node: FilterNode): FilterNode[] =>
  node.name === 'and' && node.left && node.right
    ? [...conditionsOf(node.left), ...conditionsOf(node.right)]
    : [node];

/** The text that a condition compares this property with, the property standing first. */
const textComparedWith = ({ left, right }: FilterNode, property: string): string | undefined =>
  left?.name === 'id' &&
  left.identifier === property &&
  right?.name === 'constant' &&
  typeof right.value === 'string'
    ? right.value
    : undefined;

/** @returns undefined when the filter may match rows of several partitions */
export const rangeOf = (filter: FilterNode): Range | undefined => {
  const conditions = conditionsOf(filter);
  const partitionKey = conditions
    .filter(({ name }) => name === 'eq')
    .map((condition) => textComparedWith(condition, 'PartitionKey'))
    .find((key) => key !== undefined);
  if (partitionKey === undefined) return undefined;
  const bounds = conditions.flatMap((condition) => {
    const holds = comparisons[condition.name];
    const bound = textComparedWith(condition, 'RowKey');
    return holds && bound !== undefined ? [(rowKey: string) => holds(rowKey, bound)] : [];
  });
  return { partitionKey, includes: (rowKey) => bounds.every((isWithin) => isWithin(rowKey)) };
};
