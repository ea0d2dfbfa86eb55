import { dirname, join } from 'node:path';
import { evaluate, type Scope } from './evaluate.ts';
import { BicepError, parseBicep, type BicepFile, type Declaration } from './parse.ts';
import type { Shape } from './shape.ts';
import { checkShape, resourceShapes, shapeWithin } from './shapes.ts';
import { isFields, kindOf, Opaque, textOf, type Fields, type Kind, type Value } from './values.ts';

/** A resource as it would be asked of Azure. */
export interface Resource {
  /** Without its version. */
  type: string;
  /** With its parents' names, as far as they are known. */
  name: string;
  body: Fields;
  /** The file that declares it, and its line. */
  place: string;
}

export interface Deployment {
  resources: Resource[];
  outputs: Fields;
  /** What Azure would refuse. */
  problems: string[];
}

/** Reads a file; tests plant errors by giving other texts. */
export type Sources = (path: string) => BicepFile;

/** What a resource has beside the body that is sent. */
const meta = new Set(['parent', 'scope', 'dependsOn']);

const number = (value: Value | undefined): number => (typeof value === 'number' ? value : NaN);

/** One file with its parameters given: evaluates what is declared there, each thing once. */
class FileDeployment {
  readonly #file: BicepFile;
  readonly #given: Fields;
  readonly #sources: Sources;
  readonly #all: Deployment;
  readonly #values = new Map<string, Value>();
  readonly #underWay = new Set<string>();

  constructor(file: BicepFile, given: Fields, sources: Sources, all: Deployment) {
    this.#file = file;
    this.#given = given;
    this.#sources = sources;
    this.#all = all;
  }

  run(): Fields {
    const declared = this.#file.declarations;
    for (const name of Object.keys(this.#given))
      if (!declared.some((each) => each.kind === 'param' && each.name === name))
        this.#all.problems.push(`${this.#file.path}: there is no parameter ${name}`);
    const outputs = declared.filter(({ kind }) => kind === 'output');
    for (const each of declared) if (each.kind !== 'output') this.#valueOf(each.name);
    return Object.fromEntries(outputs.map((each) => [each.name, this.#checked(each, this.#evaluated(each))]));
  }

  #scope(): Scope {
    return { file: this.#file, declared: (name) => this.#valueOf(name), locals: new Map() };
  }

  #evaluated({ value, node }: Declaration): Value {
    if (!value) throw new BicepError(this.#file.path, node, 'has no value');
    return evaluate(this.#scope(), value);
  }

  #valueOf(name: string): Value | undefined {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const declared = this.#file.declarations.find((each) => each.name === name && each.kind !== 'output');
    if (!declared) return undefined;
    if (this.#underWay.has(name))
      throw new BicepError(this.#file.path, declared.node, `${name} needs itself`);
    this.#underWay.add(name);
    const value = this.#declaredValue(declared);
    this.#values.set(name, value);
    return value;
  }

  #declaredValue(declared: Declaration): Value {
    if (declared.kind === 'param') return this.#param(declared);
    if (declared.kind === 'var') return this.#evaluated(declared);
    const make = (body: Value): Value => {
      if (body === null) return null;
      if (Array.isArray(body)) return body.map(make);
      if (!isFields(body)) throw new BicepError(this.#file.path, declared.node, 'has no body');
      return declared.kind === 'module' ? this.#module(declared, body) : this.#resource(declared, body);
    };
    return make(this.#evaluated(declared));
  }

  #problem(declared: Declaration, problem: string): void {
    this.#all.problems.push(`${this.#place(declared)}: ${problem}`);
  }

  #place({ node }: Declaration): string {
    return `${this.#file.path}:${node.startPosition.row + 1}`;
  }

  /** Holds a parameter or output against its type and decorators. */
  #checked(declared: Declaration, value: Value): Value {
    const { name, type } = declared;
    const kind = kindOf(value);
    if (kind !== type && kind !== 'any') this.#problem(declared, `${name} is ${kind}, not ${type}`);
    if (value instanceof Opaque) return value;
    const size = typeof value === 'string' || Array.isArray(value) ? value.length : number(value);
    for (const { name: rule, given } of declared.decorators) {
      const [limit] = given.map((each) => evaluate(this.#scope(), each));
      const isKept: Record<string, () => boolean> = {
        minValue: () => size >= number(limit),
        minLength: () => size >= number(limit),
        maxValue: () => size <= number(limit),
        maxLength: () => size <= number(limit),
        allowed: () => Array.isArray(limit) && limit.includes(value),
        description: () => true,
      };
      const keeps = isKept[rule];
      if (!keeps) this.#problem(declared, `the decorator ${rule} is not known here`);
      else if (!keeps())
        this.#problem(declared, `${name} is ${textOf(value)}, against ${rule}(${textOf(limit ?? null)})`);
    }
    return value;
  }

  #param(declared: Declaration): Value {
    const given = this.#given[declared.name];
    if (given !== undefined) return this.#checked(declared, given);
    if (declared.value) return this.#checked(declared, this.#evaluated(declared));
    this.#problem(declared, `the parameter ${declared.name} is missing`);
    return new Opaque(declared.type as Kind, declared.name);
  }

  #module(declared: Declaration, { params, ...rest }: Fields): Value {
    for (const name of Object.keys(rest))
      if (!['scope', 'name', 'dependsOn'].includes(name)) this.#problem(declared, `.${name} is not known`);
    const file = this.#sources(join(dirname(this.#file.path), declared.target));
    if (this.#file.targetScope !== file.targetScope && rest.scope === undefined)
      this.#problem(declared, `has no scope, which ${declared.target} needs`);
    const outputs = new FileDeployment(file, isFields(params) ? params : {}, this.#sources, this.#all).run();
    return { outputs, name: declared.name };
  }

  #resource(declared: Declaration, body: Fields): Value {
    const [type = '', version] = declared.target.split('@');
    const shape = resourceShapes[declared.target];
    const { parent, name = null } = body;
    const fullName = isFields(parent) ? `${textOf(parent['#name'] ?? null)}/${textOf(name)}` : textOf(name);
    const sent = Object.fromEntries(Object.entries(body).filter(([field]) => !meta.has(field)));
    if (shape === undefined) this.#problem(declared, `${type} is not known in version ${version ?? ''}`);
    else if (!declared.isExisting) {
      for (const problem of checkShape(sent, shape)) this.#problem(declared, `${declared.name}${problem}`);
      this.#all.resources.push({ type, name: fullName, body, place: this.#place(declared) });
    }
    return { ...this.#symbol(declared.name, name, shape ?? 'any'), '#name': fullName };
  }

  /** What other expressions see of a resource: its name, and what Azure will say of it. */
  #symbol(symbol: string, name: Value, shape: Shape): Fields {
    const within = (field: string): [string, Value][] => {
      const inside = shapeWithin(shape, field);
      return inside === undefined
        ? []
        : [[field, new Opaque('any', `${symbol}.${field}`, inside === 'any' ? undefined : inside)]];
    };
    return {
      ...Object.fromEntries(['properties', 'identity', 'location', 'sku'].flatMap(within)),
      id: new Opaque('string', `${symbol}.id`),
      name,
    };
  }
}

const fromDisk: Sources = (path) => parseBicep(path);

/**
 * Goes through a Bicep file and its modules as a deployment would, with everything that needs no Azure: parameters, loops,
 * conditions, modules, and each resource held against its shape.
 * @throws BicepError where that ends
 */
export const deploymentOf = (path: string, params: Fields, sources: Sources = fromDisk): Deployment => {
  const all: Deployment = { resources: [], outputs: {}, problems: [] };
  all.outputs = new FileDeployment(sources(path), params, sources, all).run();
  return all;
};
