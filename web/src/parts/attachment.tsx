import { useEffect, useState } from 'preact/hooks';
import type { Attachment, ShownMessage } from '../state/chat.ts';
import { useChat } from '../state/context.ts';
import { sizeOf } from './sizes.ts';
import { Icon } from './icon.tsx';

/** Types that every browser shows as a picture and never as a page. */
const pictures = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif']);

/** Larger ones are shown when somebody asks for them. */
const maxPreview = 5_000_000;

interface AttachmentProps {
  message: ShownMessage;
  attachment: Attachment;
}

const Picture = ({ attachment, url }: { attachment: Attachment; url: string }) => (
  <a href={url} target="_blank" rel="noopener noreferrer">
    <img class="picture" src={url} alt={attachment.fileName} loading="lazy" />
  </a>
);

/** A file: a picture is shown, others are there to be fetched. */
export const AttachmentOf = ({ message, attachment }: AttachmentProps) => {
  const { current } = useChat();
  const [url, setUrl] = useState<string>();
  const { attachmentId, fileName, size, contentType } = attachment;
  const isPicture = pictures.has(contentType) && size <= maxPreview && message.local === undefined;
  useEffect(() => {
    let isWanted = isPicture;
    if (isPicture)
      void current.urlOf(attachmentId).then((found) => {
        if (isWanted) setUrl(found);
      });
    return () => {
      isWanted = false;
    };
  }, [attachmentId, isPicture]);
  if (isPicture && url !== undefined) return <Picture attachment={attachment} url={url} />;
  return (
    <span class="file">
      <Icon name="file" />
      <button onClick={() => void current.save(attachment)}>
        <span dir="auto">{fileName}</span> <span class="quiet">{sizeOf(size)}</span>
      </button>
    </span>
  );
};
