import { useEffect, useState } from 'preact/hooks';
import type { Attachment } from '../../../client/index.ts';
import { useChat } from '../state/context.ts';
import type { ShownMessage } from '../state/shown.ts';
import { pictures, sizeOf } from './files.ts';
import { Icon } from './icon.tsx';

/** Larger ones are fetched when somebody asks for them. */
const maxPreview = 5_000_000;

const Picture = ({ attachment }: { attachment: Attachment }) => {
  const { current } = useChat();
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    let isWanted = true;
    void current.urlOf(attachment.attachmentId).then((found) => {
      if (isWanted) setUrl(found);
    });
    return () => {
      isWanted = false;
    };
  }, [attachment.attachmentId]);
  return (
    <button class="picture" title="Save the picture" onClick={() => void current.save(attachment)}>
      {url === undefined ? (
        <span class="unseen">{attachment.fileName}</span>
      ) : (
        <img src={url} alt={attachment.fileName} />
      )}
    </button>
  );
};

interface AttachmentProps {
  message: ShownMessage;
  attachment: Attachment;
}

/** A file: a picture is shown, others are there to be fetched. */
export const AttachmentOf = ({ message, attachment }: AttachmentProps) => {
  const { current } = useChat();
  const { fileName, size, contentType } = attachment;
  const isHere = message.local === undefined;
  if (isHere && pictures.has(contentType) && size <= maxPreview) return <Picture attachment={attachment} />;
  return (
    <button class="file" disabled={!isHere} onClick={() => void current.save(attachment)}>
      <Icon name="file" />
      <span class="grow">
        <span class="cut" dir="auto">
          {fileName}
        </span>
        <span class="quiet">{sizeOf(size)}</span>
      </span>
    </button>
  );
};
