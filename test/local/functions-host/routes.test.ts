import { describe, expect, it } from 'vitest';
import type { RegisteredFunction } from '../../../local/functions-host/core-api.ts';
import { buildRoutes, expandTemplate } from '../../../local/functions-host/http/routes.ts';

function aFunction(name: string, route: string, methods = ['GET']): RegisteredFunction {
  const binding = { type: 'httpTrigger', direction: 'in', route, methods };
  const metadata = { name, bindings: { trigger: binding } };
  return { id: name, name, metadata, callback: () => undefined, trigger: { name: 'trigger', binding } };
}

/** Name and parameters of what answers a request, as one line. */
function finder(...functions: RegisteredFunction[]) {
  const find = buildRoutes(functions, 'api');
  return (method: string, path: string) => {
    const match = find(method, path);
    return match === undefined ? 'none' : `${match.fn.name} ${JSON.stringify(match.params)}`;
  };
}

describe('routes', () => {
  it('prefer a literal segment to a parameter, and a constraint to none', () => {
    const find = finder(
      aFunction('any', 'users/{id}'),
      aFunction('me', 'users/me'),
      aFunction('number', 'users/{n:int}'),
      aFunction('rest', 'users/{*all}'),
    );
    expect(find('GET', '/api/users/me')).toBe('me {}');
    expect(find('GET', '/api/users/42')).toBe('number {"n":"42"}');
    expect(find('GET', '/api/users/ann')).toBe('any {"id":"ann"}');
    expect(find('GET', '/api/users/a/b')).toBe('rest {"all":"a/b"}');
  });

  it('share a path among methods, with parameter names of their own', () => {
    const find = finder(
      aFunction('read', 'users/{id}', ['GET']),
      aFunction('write', 'users/{userId}', ['PUT', 'PATCH']),
      aFunction('block', 'users/{who}/block', ['PUT']),
    );
    expect(find('GET', '/api/users/1')).toBe('read {"id":"1"}');
    expect(find('PATCH', '/api/users/1')).toBe('write {"userId":"1"}');
    expect(find('PUT', '/api/users/1/block')).toBe('block {"who":"1"}');
    expect(find('GET', '/api/users/1/block')).toBe('none');
  });

  it('fill in defaults and leave optional parameters out', () => {
    const find = finder(aFunction('page', 'list/{size=10}/{page?}'));
    expect(find('GET', '/api/list')).toBe('page {"size":"10"}');
    expect(find('GET', '/api/list/5/2')).toBe('page {"size":"5","page":"2"}');
  });

  it('give a path that one function spells out to it and not to the optional end of another', () => {
    const find = finder(aFunction('optional', 'users/{id?}'), aFunction('exact', 'users'));
    expect(find('GET', '/api/users')).toBe('exact {}');
    expect(find('GET', '/api/users/1')).toBe('optional {"id":"1"}');
  });

  it('take long parameters, and colons in literal segments', () => {
    const find = finder(aFunction('long', 'x/{id}'), aFunction('colon', 'a:b'));
    const id = 'i'.repeat(5000);
    expect(find('GET', `/api/x/${id}`)).toBe(`long {"id":"${id}"}`);
    expect(find('GET', '/api/a:b')).toBe('colon {}');
  });

  it('find nothing for escapes that are none', () => {
    expect(finder(aFunction('x', 'x/{id}'))('GET', '/api/x/%zz')).toBe('none');
  });

  it.each(['{a}-{b}', 'x{a}', '{a:int:min(1)}', '{a:regex(b)}', '{}', 'a*'])(
    'refuse "%s" by name',
    (template) => {
      expect(() => expandTemplate(template)).toThrow(/not supported/);
    },
  );
});
