import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Language, Parser, type Node } from 'web-tree-sitter';

const grammar = createRequire(import.meta.url).resolve('tree-sitter-bicep/tree-sitter-bicep.wasm');
await Parser.init();
const parser = new Parser().setLanguage(await Language.load(grammar));

/** Something wrong with a Bicep file, with its place. */
export class BicepError extends Error {
  override readonly name = 'BicepError';

  constructor(path: string, node: Node, message: string) {
    super(`${path}:${node.startPosition.row + 1}: ${message}`);
  }
}

/** A parameter, output, variable, resource or module as declared. */
export interface Declaration {
  kind: 'param' | 'var' | 'output' | 'resource' | 'module';
  name: string;
  /** Of a parameter or output, as `string`. */
  type: string;
  /** Of a resource `type@version`, of a module its path. */
  target: string;
  isExisting: boolean;
  /** Calls as `minValue(1)`: name and arguments. */
  decorators: { name: string; given: Node[] }[];
  /** What it is declared as; a parameter may have none. */
  value: Node | undefined;
  node: Node;
}

export interface BicepFile {
  path: string;
  text: string;
  root: Node;
  targetScope: string;
  declarations: Declaration[];
}

const kinds: Record<string, Declaration['kind']> = {
  parameter_declaration: 'param',
  variable_declaration: 'var',
  output_declaration: 'output',
  resource_declaration: 'resource',
  module_declaration: 'module',
};

/** The named children, without comments. */
export const partsOf = (node: Node): Node[] => node.namedChildren.filter((each) => each.type !== 'comment');

const decoratorsOf = (node: Node | undefined): Declaration['decorators'] =>
  (node ? partsOf(node) : []).flatMap(partsOf).map((call) => ({
    name: call.childForFieldName('function')?.text ?? call.text,
    given: partsOf(call.childForFieldName('arguments') ?? call),
  }));

const declarationOf = (node: Node, before: Node | undefined): Declaration | undefined => {
  const kind = kinds[node.type];
  if (kind === undefined) return undefined;
  const [name, second, ...rest] = partsOf(node);
  if (!name) return undefined;
  const isTyped = kind === 'param' || kind === 'output';
  const [value] = kind === 'var' ? [second] : rest;
  return {
    kind,
    name: name.text,
    type: isTyped ? (second?.text ?? '') : '',
    target: kind === 'resource' || kind === 'module' ? (second?.text ?? '').slice(1, -1) : '',
    isExisting: node.children.some(({ type }) => type === 'existing'),
    decorators: decoratorsOf(before?.type === 'decorators' ? before : undefined),
    value,
    node,
  };
};

const firstError = (node: Node): Node | undefined => {
  if (node.isError || node.isMissing) return node;
  return node.children
    .filter(({ hasError, isMissing }) => hasError || isMissing)
    .map(firstError)
    .find(Boolean);
};

/**
 * Parses a Bicep file.
 * @throws BicepError where it is no Bicep
 */
export const parseBicep = (path: string, text = readFileSync(path, 'utf8')): BicepFile => {
  const root = parser.parse(text)?.rootNode;
  if (!root) throw new Error(`${path} could not be read.`);
  const error = firstError(root);
  if (error) throw new BicepError(path, error, `is no Bicep: ${error.text.slice(0, 60)}`);
  const parts = partsOf(root);
  const declarations = parts
    .map((node, index) => declarationOf(node, parts[index - 1]))
    .filter((each) => each !== undefined);
  const targetScope = /^targetScope = '(\w+)'/m.exec(text)?.[1] ?? 'resourceGroup';
  return { path, text, root, targetScope, declarations };
};
