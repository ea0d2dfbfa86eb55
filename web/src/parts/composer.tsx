import { useEffect, useRef } from 'preact/hooks';
import { useChat } from '../state/context.ts';
import { briefly } from '../state/names.ts';
import { sizeOf } from './sizes.ts';
import { Icon } from './icon.tsx';

const About = () => {
  const { compose, current } = useChat();
  const { editing, replying, file } = compose;
  const about = editing.value ?? replying.value;
  return (
    <>
      {about && (
        <div class="chip">
          <span class="cut" dir="auto">
            {editing.value ? 'Editing: ' : `Reply to ${current.nameOf(about.senderId)}: `}
            {briefly(about, (userId) => current.nameOf(userId))}
          </span>
          <button
            type="button"
            aria-label={editing.value ? 'Stop editing' : 'No reply'}
            onClick={() => compose.clear()}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
      {file.value && (
        <div class="chip">
          <span class="cut" dir="auto">
            {file.value.name}, {sizeOf(file.value.size)}
          </span>
          {compose.progress.value !== undefined && (
            <progress value={compose.progress.value} max={1} aria-label={`Uploading ${file.value.name}`} />
          )}
          <button type="button" aria-label="Remove the file" onClick={() => compose.attach(undefined)}>
            <Icon name="close" />
          </button>
        </div>
      )}
    </>
  );
};

/** Where a message is written. What is written stays with its conversation until it is sent. */
export const Composer = () => {
  const { compose, current } = useChat();
  const area = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const about = compose.editing.value ?? compose.replying.value;
  useEffect(() => {
    if (about) area.current?.focus();
  }, [about]);

  const send = (): void => {
    void compose.send();
    area.current?.focus();
  };
  const pressed = (event: KeyboardEvent): void => {
    // While an input method is composing, Enter chooses a word.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
    if (event.key === 'Escape') compose.clear();
  };
  const pasted = (event: ClipboardEvent): void => {
    const [file] = event.clipboardData?.files ?? [];
    if (!file) return;
    event.preventDefault();
    compose.attach(file);
  };
  return (
    <form
      class="compose"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <About />
      <div role="alert">
        {compose.problem.value !== undefined && <p class="failure">{compose.problem.value}</p>}
      </div>
      <div class="row">
        <input
          ref={picker}
          type="file"
          class="unseen"
          tabIndex={-1}
          aria-hidden="true"
          onChange={({ currentTarget }) => {
            compose.attach(currentTarget.files?.[0]);
            currentTarget.value = '';
          }}
        />
        <button
          type="button"
          aria-label="Attach a file"
          title="Attach a file"
          disabled={compose.editing.value !== undefined}
          onClick={() => picker.current?.click()}
        >
          <Icon name="attach" />
        </button>
        <label class="unseen" for="message-text">
          Message to {current.name.value}
        </label>
        <textarea
          id="message-text"
          ref={area}
          rows={1}
          dir="auto"
          placeholder="Message"
          value={compose.text.value}
          onInput={({ currentTarget }) => compose.write(currentTarget.value)}
          onKeyDown={pressed}
          onPaste={pasted}
        />
        <button class="primary" aria-label={compose.editing.value ? 'Save' : 'Send'}>
          <Icon name={compose.editing.value ? 'check' : 'send'} />
        </button>
      </div>
    </form>
  );
};
