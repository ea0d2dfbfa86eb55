import { parseDuration } from './duration.ts';
import { isEntityName } from './names.ts';

/** The entities file cannot be used. `problems` has one line each, with the place in the file. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `The Service Bus configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

/** Reads one object of the file field by field, and notes everything that is wrong with it. */
export class ConfigReader {
  readonly #path: string;
  readonly #problems: string[];
  readonly #fields: ReadonlyMap<string, unknown>;

  /** @param allowed every field the object may have; any other is a problem */
  constructor(value: unknown, path: string, problems: string[], allowed: readonly string[]) {
    this.#path = path;
    this.#problems = problems;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isObject) problems.push(`${path || 'The file'} must be an object.`);
    this.#fields = new Map(isObject ? Object.entries(value) : []);
    for (const name of this.#fields.keys()) {
      if (!allowed.includes(name)) {
        problems.push(`${this.#at(name)} is not known. Allowed: ${allowed.join(', ')}.`);
      }
    }
  }

  has(name: string): boolean {
    return this.#fields.get(name) != null;
  }

  /** The object in a field, to be read in turn; an absent one is empty. */
  object(name: string, allowed: readonly string[]): ConfigReader {
    return new ConfigReader(this.#fields.get(name) ?? {}, this.#at(name), this.#problems, allowed);
  }

  /** The objects in a list; an absent list is empty. */
  objects(name: string, allowed: readonly string[]): ConfigReader[] {
    const value = this.#fields.get(name) ?? [];
    if (!Array.isArray(value)) {
      this.problem(name, 'must be a list');
      return [];
    }
    return value.map((item, i) => new ConfigReader(item, `${this.#at(name)}[${i}]`, this.#problems, allowed));
  }

  /** The name of an entity, as Azure allows them. */
  name(name: string, isValid: (name: string) => boolean = isEntityName): string {
    const value = this.#fields.get(name);
    if (typeof value === 'string' && isValid(value)) return value;
    this.problem(name, 'must be a name of letters, digits, periods, hyphens and underscores');
    return '';
  }

  string(name: string): string | undefined {
    const value = this.#fields.get(name);
    if (value == null || typeof value === 'string') return value ?? undefined;
    this.problem(name, 'must be a string');
    return undefined;
  }

  boolean(name: string): boolean {
    const value = this.#fields.get(name) ?? false;
    if (typeof value === 'boolean') return value;
    this.problem(name, 'must be true or false');
    return false;
  }

  integer(name: string, range: { default: number; min: number; max: number }): number {
    const value = this.#fields.get(name) ?? range.default;
    if (Number.isInteger(value) && Number(value) >= range.min && Number(value) <= range.max)
      return Number(value);
    this.problem(name, `must be a whole number from ${range.min} to ${range.max}`);
    return range.default;
  }

  /** A duration in ms; undefined if it is absent. */
  duration(name: string, limit: { max: number; maxText: string }): number | undefined {
    const value = this.#fields.get(name);
    if (value == null) return undefined;
    const ms = typeof value === 'string' ? parseDuration(value) : undefined;
    if (ms !== undefined && ms > 0 && ms <= limit.max) return ms;
    this.problem(name, `must be an ISO 8601 duration above zero, at most ${limit.maxText}, such as "PT1M"`);
    return undefined;
  }

  /** The fields of a free-form object. */
  entries(name: string): [string, unknown][] {
    const value = this.#fields.get(name);
    return typeof value === 'object' && value !== null ? Object.entries(value) : [];
  }

  problem(name: string, what: string): void {
    this.#problems.push(`${this.#at(name)} ${what}.`);
  }

  #at(name: string): string {
    return this.#path ? `${this.#path}.${name}` : name;
  }
}
