/** The form of a value, as the data has it that Bicep's own compiler checks types with. */
export type Shape =
  | 'string'
  | 'int'
  | 'bool'
  | 'any'
  | { const: string }
  | { enum: string[]; open?: boolean }
  | { array: Shape }
  | { object: Record<string, Field>; additional?: Shape }
  | { oneOf: Record<string, Shape>; by: string; base: Shape };

/** One property. */
export interface Field {
  required?: boolean;
  readOnly?: boolean;
  type?: Shape;
}
