import { type Operation, operations } from './operations.ts';

interface Route {
  readonly segments: readonly string[];
  readonly operation: Operation;
}

/** Routes by method and number of segments: what is left to compare is one or two. */
const routes = new Map<string, Route[]>();
for (const [key, operation] of Object.entries(operations)) {
  const [method = '', path = ''] = key.split(' ');
  const segments = path.split('/');
  const bucket = `${method} ${segments.length}`;
  routes.set(bucket, [...(routes.get(bucket) ?? []), { segments, operation }]);
}

const match = (route: Route, path: readonly string[]): Record<string, string> | null => {
  const names: Record<string, string> = {};
  for (const [index, segment] of route.segments.entries()) {
    const actual = path[index] ?? '';
    if (segment.startsWith('{')) names[segment.slice(1, -1)] = actual;
    else if (segment !== actual) return null;
  }
  return names;
};

/**
 * Finds the operation for a path below `/api/hubs/{hub}/`, given as decoded segments.
 * @returns the operation and the variable parts of the path, or null when there is none
 */
export const findOperation = (
  method: string,
  path: readonly string[],
): { operation: Operation; names: Record<string, string> } | null => {
  for (const route of routes.get(`${method} ${path.length}`) ?? []) {
    const names = match(route, path);
    if (names) return { operation: route.operation, names };
  }
  return null;
};
