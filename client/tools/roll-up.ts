/** All types of the package in one file that needs nothing else: what `index.ts` exports, and what that rests on. */
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

interface Declaration {
  name: string;
  /** With its comment, without `export` and `declare`. */
  text: string;
  /** Names it may refer to. */
  uses: Set<string>;
}

interface Module {
  declarations: Map<string, Declaration>;
  /** What a name is elsewhere. */
  imports: Map<string, { file: string; name: string }>;
}

const root = resolve(import.meta.dirname, '../..');

/** The compiler's declarations of an entry and all that it imports, by path. */
const declarationsOf = (entry: string): Map<string, string> => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const program = ts.createProgram([entry], {
    ...options,
    ...{ noEmit: false, declaration: true, emitDeclarationOnly: true, stripInternal: true },
    ...{ rootDir: root, outDir: root },
  });
  const files = new Map<string, string>();
  program.emit(undefined, (path, text) => files.set(path.replace(/\.d\.ts$/, '.ts'), text));
  return files;
};

const namesIn = (node: ts.Node): Set<string> => {
  const names = new Set<string>();
  const visit = (child: ts.Node): void => {
    if (ts.isIdentifier(child)) names.add(child.text);
    ts.forEachChild(child, visit);
  };
  visit(node);
  return names;
};

const nameOf = (statement: ts.Statement): string | undefined => {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations[0]?.name.getText();
  const { name } = statement as { name?: ts.Node };
  return name && ts.isIdentifier(name) ? name.text : undefined;
};

const readModule = (file: string, text: string): Module => {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const module: Module = { declarations: new Map(), imports: new Map() };
  for (const statement of source.statements) {
    const isFrom = ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement);
    if (isFrom && statement.moduleSpecifier && ts.isStringLiteral(statement.moduleSpecifier)) {
      const from = resolve(dirname(file), statement.moduleSpecifier.text);
      const bindings = ts.isImportDeclaration(statement)
        ? statement.importClause?.namedBindings
        : statement.exportClause;
      if (!bindings || ts.isNamespaceImport(bindings) || ts.isNamespaceExport(bindings)) continue;
      for (const { name, propertyName } of bindings.elements)
        module.imports.set(name.text, { file: from, name: (propertyName ?? name).text });
      continue;
    }
    const name = nameOf(statement);
    if (name === undefined) continue;
    const code = statement
      .getFullText()
      .trim()
      .replace(/^((?:\/\*[\s\S]*?\*\/\s*)*)(?:export )?(?:declare )?/, '$1');
    module.declarations.set(name, { name, text: code, uses: namesIn(statement) });
  }
  return module;
};

/** @throws Error when two declarations of one name would meet, or something is not to be found */
export const rollUp = (entry = join(root, 'client/index.ts')): string => {
  const modules = new Map([...declarationsOf(entry)].map(([file, text]) => [file, readModule(file, text)]));
  const found = new Map<string, { file: string; declaration: Declaration; isPublic: boolean }>();
  const take = (file: string, name: string, isPublic: boolean): void => {
    const module = modules.get(file);
    const elsewhere = module?.imports.get(name);
    if (elsewhere) {
      if (modules.has(elsewhere.file)) take(elsewhere.file, elsewhere.name, isPublic);
      return;
    }
    const declaration = module?.declarations.get(name);
    if (!declaration) return; // a global, or a word of a comment
    const known = found.get(name);
    if (known && known.file !== file)
      throw new Error(`${name} is declared in ${relative(root, file)} and in ${relative(root, known.file)}.`);
    if (known) {
      known.isPublic ||= isPublic;
      return;
    }
    found.set(name, { file, declaration, isPublic });
    for (const used of declaration.uses) if (used !== name) take(file, used, false);
  };
  for (const name of modules.get(entry)?.imports.keys() ?? []) take(entry, name, true);
  const all = [...found.values()].sort(
    (a, b) => Number(b.isPublic) - Number(a.isPublic) || (a.declaration.name < b.declaration.name ? -1 : 1),
  );
  const texts = all.map(({ declaration: { text }, isPublic }) => {
    const keyword = /^(?:\/\*[\s\S]*?\*\/\s*)*(?:interface|type)\b/.test(text) ? '' : 'declare ';
    const prefix = `${isPublic ? 'export ' : ''}${keyword}`;
    return text.replace(/^((?:\/\*[\s\S]*?\*\/\s*)*)/, `$1${prefix}`);
  });
  return `${texts.join('\n\n')}\n\nexport {};\n`;
};
