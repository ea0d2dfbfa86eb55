const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/**
 * Compiles a group pattern of a role: `*` matches within one dot-separated segment, `**` across segments, `?` one
 * character that is no dot, and a backslash takes the next character as it is. Case matters.
 */
export const compileWildcard = (pattern: string): RegExp => {
  const source = pattern.replace(/\\(.)|\*\*|\*|\?|[^\\*?]+|\\/gs, (token, escaped: string | undefined) => {
    if (escaped !== undefined) return escapeRegExp(escaped);
    if (token === '**') return '.*';
    if (token === '*') return '[^.]*';
    if (token === '?') return '[^.]';
    return escapeRegExp(token);
  });
  return new RegExp(`^${source}$`, 's');
};
