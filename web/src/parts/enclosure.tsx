import { useEffect, useState } from 'preact/hooks';
import { useChat } from '../state/context.ts';
import type { Enclosed } from '../state/drafts.ts';
import { Icon } from './icon.tsx';
import { pictures, sizeOf } from './files.ts';

/** A picture of this device before it is sent. */
const Preview = ({ file }: { file: File }) => {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url === undefined ? null : <img class="thumb" src={url} alt="" />;
};

const nameOf = (file: Enclosed): string => (file instanceof File ? file.name : file.fileName);

/** The file that goes with the message that is being written. */
export const Enclosure = () => {
  const { compose } = useChat();
  const file = compose.file.value;
  if (!file) return null;
  const name = nameOf(file);
  const { value: progress } = compose.progress;
  return (
    <div class="enclosure">
      {file instanceof File && pictures.has(file.type) ? <Preview file={file} /> : <Icon name="file" />}
      <span class="grow">
        <span class="cut" dir="auto">
          {name}
        </span>
        {progress === undefined ? (
          <span class="quiet">{sizeOf(file.size)}</span>
        ) : (
          <progress value={progress} max={1} aria-label={`Uploading ${name}`} />
        )}
      </span>
      <button
        type="button"
        aria-label={progress === undefined ? 'Remove the file' : 'Stop uploading'}
        onClick={() => compose.attach(undefined)}
      >
        <Icon name="close" />
      </button>
    </div>
  );
};
