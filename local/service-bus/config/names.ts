/** Names as Azure allows them. */

/** A queue or topic: letters, digits, periods, hyphens, underscores, and slashes between. */
export function isEntityName(name: string): boolean {
  return /^[A-Za-z0-9](?:[\w./~-]{0,258}[A-Za-z0-9_])?$/.test(name) && !name.includes('//');
}

/** A subscription or a rule. */
export function isPartName(name: string): boolean {
  return /^[\w$.-]{1,50}$/.test(name);
}
