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

/** A person's or a group's picture, or letters. It says nothing that the name beside it does not. */
export const Face = ({ name, avatarUrl, isOnline = false }: FaceProps) => (
  <span class={isOnline ? 'face is-online' : 'face'} aria-hidden="true">
    {avatarUrl ? <img src={avatarUrl} alt="" referrerpolicy="no-referrer" /> : initials(name)}
  </span>
);
