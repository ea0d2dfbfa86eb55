interface FaceProps {
  name: string;
  avatarUrl?: string | null | undefined;
  isOnline?: boolean;
}

/** The first letters of a name, by what people see as letters. */
const initials = (name: string): string => {
  const letters = name
    .split(/\s+/u)
    .filter((word) => word !== '')
    .map((word) => [...new Intl.Segmenter().segment(word)][0]?.segment ?? '');
  return [letters[0], letters.length > 1 ? letters.at(-1) : ''].join('').toLocaleUpperCase();
};

const hues = 8;

/** Everybody's color, the same at every visit. */
const hueOf = (name: string): number => {
  let sum = 0x811c9dc5;
  for (const char of name) sum = Math.imul(sum ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return (sum >>> 22) % hues;
};

/** A person's or a group's picture, or letters. It says nothing that the name beside it does not. */
export const Face = ({ name, avatarUrl, isOnline = false }: FaceProps) => (
  <span class={`face hue-${hueOf(name)}${isOnline ? ' is-online' : ''}`} aria-hidden="true">
    {avatarUrl ? <img src={avatarUrl} alt="" referrerpolicy="no-referrer" /> : initials(name)}
  </span>
);
