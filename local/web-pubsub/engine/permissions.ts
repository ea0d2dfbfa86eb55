import { compileWildcard } from '../codec/wildcard.ts';

export type PermissionName = 'joinLeaveGroup' | 'sendToGroup';

export const isPermissionName = (name: string): name is PermissionName =>
  name === 'joinLeaveGroup' || name === 'sendToGroup';

/**
 * One permission of one connection: over every group, over named groups, or over groups that match a pattern. Begins
 * with the roles `webpubsub.{permission}`, `webpubsub.{permission}.{group}` and `webpubsub.{permission}s.{pattern}`;
 * the REST API grants and revokes afterwards.
 */
export class Permission {
  readonly #groups = new Set<string>();
  readonly #patterns: RegExp[] = [];
  #all = false;

  constructor(name: PermissionName, roles: Iterable<string>) {
    const role = `webpubsub.${name}`;
    for (const candidate of roles) {
      if (candidate === role) this.#all = true;
      else if (candidate.startsWith(`${role}.`)) this.#groups.add(candidate.slice(role.length + 1));
      else if (candidate.startsWith(`${role}s.`)) {
        this.#patterns.push(compileWildcard(candidate.slice(role.length + 2)));
      }
    }
  }

  /** Without a group: over all of them. */
  grant(group?: string): void {
    if (group === undefined) this.#all = true;
    else this.#groups.add(group);
  }

  /** Without a group: everything this permission allowed. */
  revoke(group?: string): void {
    if (group !== undefined) {
      this.#groups.delete(group);
      return;
    }
    this.#all = false;
    this.#groups.clear();
    this.#patterns.length = 0;
  }

  /** Without a group: whether it covers all of them. */
  allows(group?: string): boolean {
    if (this.#all) return true;
    if (group === undefined) return false;
    return this.#groups.has(group) || this.#patterns.some((pattern) => pattern.test(group));
  }
}
