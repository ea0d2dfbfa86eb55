import { METHODS } from 'node:http';
import createRouter, { type HTTPMethod } from 'find-my-way';
import type { RegisteredFunction } from '../core-api.ts';
import { HostStartError } from '../errors.ts';

/** A request's function, with the decoded parameters of its route. */
export interface RouteMatch {
  fn: RegisteredFunction;
  params: Record<string, string>;
}

/** Finds the function for a method and a path (without query); undefined when there is none. */
export type FindRoute = (method: string, path: string) => RouteMatch | undefined;

interface Expansion {
  /** find-my-way's notation. */
  path: string;
  params: string[];
  /** Parameters the template has beyond those in the path, with their defaults. */
  defaults: Record<string, string>;
  /** How many optional segments were left out; fewer win. */
  shortened: number;
}

/** Inline route constraints of ASP.NET Core that are supported. */
const constraints = new Map([
  ['int', '-?\\d+'],
  ['long', '-?\\d+'],
  ['bool', '[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]'],
  ['guid', '[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}'],
  ['alpha', '[A-Za-z]+'],
  ['decimal', '-?\\d+(?:\\.\\d+)?'],
  ['double', '-?\\d+(?:\\.\\d+)?'],
  ['float', '-?\\d+(?:\\.\\d+)?'],
]);

const parameter = /^\{(\*{0,2})([A-Za-z_]\w*)((?::[^{}:=?]+)*)(?:=([^{}?]*))?(\?)?\}$/;

/**
 * Turns an ASP.NET Core route template into the paths it matches: one, or several when its last segments are optional
 * (`{id?}`, `{id=1}`, `{*rest}` matches nothing too).
 *
 * @throws HostStartError for what is not supported: other constraints, parameters mixed with text in a segment
 */
export function expandTemplate(template: string): Expansion[] {
  const segments = template.split('/').filter((segment) => segment !== '');
  const parts = segments.map((segment) => readSegment(template, segment));
  const required = parts.findLastIndex((part) => !part.optional) + 1;
  const expansions: Expansion[] = [];
  for (let length = parts.length; length >= required; length--) {
    const kept = parts.slice(0, length);
    const named = kept.filter((part) => part.name !== undefined);
    const left = parts.slice(length).filter((part) => part.fallback !== undefined);
    expansions.push({
      path: `/${kept.map((part) => part.text).join('/')}`,
      params: named.map((part) => part.name ?? ''),
      defaults: Object.fromEntries(left.map((part) => [part.name ?? '', part.fallback ?? ''])),
      shortened: parts.length - length,
    });
  }
  return expansions;
}

interface Segment {
  text: string;
  name?: string;
  optional: boolean;
  fallback?: string | undefined;
}

function readSegment(template: string, segment: string): Segment {
  if (!/[{}]/.test(segment)) {
    // find-my-way gives ":" and "*" a meaning; "::" is a literal colon.
    if (segment.includes('*'))
      throw new HostStartError(`Route "${template}": "*" is not supported in a segment.`);
    return { text: segment.replaceAll(':', '::'), optional: false };
  }
  const match = parameter.exec(segment);
  if (match === null) {
    throw new HostStartError(
      `Route "${template}": "${segment}" is not supported; a parameter must be a whole segment.`,
    );
  }
  const [, star, name = '', constraintList = '', fallback, mark] = match;
  if (star !== '') return { text: '*', name, optional: true };
  const patterns: string[] = constraintList
    .split(':')
    .filter((each) => each !== '')
    .map((each) => {
      const pattern = constraints.get(each);
      if (pattern === undefined) {
        const known = [...constraints.keys()].join(', ');
        throw new HostStartError(
          `Route "${template}": constraint "${each}" is not supported (supported: ${known}).`,
        );
      }
      return pattern;
    });
  if (patterns.length > 1) {
    throw new HostStartError(`Route "${template}": only one constraint per parameter is supported.`);
  }
  const text = `:${name}${patterns.length === 0 ? '' : `(^(?:${patterns[0] ?? ''})$)`}`;
  return { text, name, optional: mark === '?' || fallback !== undefined, fallback };
}

/** The route template of an HTTP function, with the app's prefix and without slashes at either end. */
export function templateOf(fn: RegisteredFunction, routePrefix: string): string {
  const { route } = fn.trigger.binding;
  const own = typeof route === 'string' && route !== '' ? route : fn.name;
  return [routePrefix, own.replace(/^\/+|\/+$/g, '')].filter((part) => part !== '').join('/');
}

/** The methods of an HTTP function, in capitals. */
export function methodsOf(fn: RegisteredFunction): string[] {
  const { methods } = fn.trigger.binding;
  return Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : ['GET', 'POST'];
}

/**
 * Builds the table of all HTTP functions. Paths match without regard to case and to a slash at the end; a wrong method
 * finds nothing, as in the real host, which answers 404.
 *
 * @throws HostStartError when two functions claim the same method and path
 */
export function buildRoutes(functions: RegisteredFunction[], routePrefix: string): FindRoute {
  const router = createRouter({
    caseSensitive: false,
    ignoreTrailingSlash: true,
    maxParamLength: 16_384,
    // The patterns above are ours and linear.
    allowUnsafeRegex: true,
    onBadUrl: () => undefined,
  });
  const claims = functions
    .flatMap((fn) => expandTemplate(templateOf(fn, routePrefix)).map((expansion) => ({ fn, expansion })))
    .sort((a, b) => a.expansion.shortened - b.expansion.shortened);
  for (const { fn, expansion } of claims) {
    for (const method of methodsOf(fn)) {
      if (!METHODS.includes(method))
        throw new HostStartError(`Function "${fn.name}": "${method}" is no HTTP method.`);
      if (router.hasRoute(method as HTTPMethod, expansion.path)) {
        if (expansion.shortened > 0) continue; // the function that spells this path out has it
        throw new HostStartError(
          `Function "${fn.name}": ${method} /${templateOf(fn, routePrefix)} belongs to another function already.`,
        );
      }
      router.on(method as HTTPMethod, expansion.path, () => undefined, { fn, expansion });
    }
  }
  return (method, path) => {
    // ASP.NET Core leaves an encoded slash in a route value as it is.
    const found = router.find(
      method as HTTPMethod,
      path.replace(/%2f/gi, (slash) => `%25${slash.slice(1)}`),
    );
    const store = found?.store as { fn: RegisteredFunction; expansion: Expansion } | null | undefined;
    if (found == null || store == null) return undefined;
    const values = Object.values(found.params);
    const params: Record<string, string> = { ...store.expansion.defaults };
    store.expansion.params.forEach((name, i) => {
      const value = values[i];
      if (value !== undefined && value !== '') params[name] = value;
    });
    return { fn: store.fn, params };
  };
}
