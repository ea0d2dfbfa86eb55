import { linked } from './links.ts';

/** What somebody wrote: text and nothing else, whatever it looks like, with web addresses as links. */
export const Text = ({ text }: { text: string }) => (
  <span dir="auto">
    {linked(text).map((piece) =>
      'url' in piece ? (
        <a href={piece.url} target="_blank" rel="noopener noreferrer nofollow">
          {piece.text}
        </a>
      ) : (
        piece.text
      ),
    )}
  </span>
);
