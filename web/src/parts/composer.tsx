import { useEffect, useRef } from 'preact/hooks';
import { useChat } from '../state/context.ts';
import { briefly } from '../state/names.ts';
import { Enclosure } from './enclosure.tsx';
import { Icon } from './icon.tsx';

/** What the message is about: one that it answers, or takes the place of. */
const About = () => {
  const { compose, current } = useChat();
  const { editing, replying } = compose;
  const about = editing.value ?? replying.value;
  if (!about) return null;
  return (
    <div class="enclosure">
      <Icon name={editing.value ? 'pen' : 'reply'} />
      <span class="grow">
        <strong>{editing.value ? 'Editing' : `Reply to ${current.nameOf(about.senderId)}`}</strong>
        <span class="cut quiet" dir="auto">
          {briefly(about, (userId) => current.nameOf(userId))}
        </span>
      </span>
      <button
        type="button"
        aria-label={editing.value ? 'Stop editing' : 'No reply'}
        onClick={() => compose.clear()}
      >
        <Icon name="close" />
      </button>
    </div>
  );
};

/**
 * While an input method is composing, Enter chooses a word. Safari ends composing before that key, and tells by its code alone
 * that the input method has had it (UI Events, 7.3.1).
 */
const isChoosing = (event: KeyboardEvent): boolean =>
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing else tells
  event.isComposing || event.keyCode === 229;

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
    if (event.key === 'Enter' && !event.shiftKey && !isChoosing(event)) {
      event.preventDefault();
      send();
    }
    if (event.key === 'Escape') compose.clear();
  };
  const pasted = (event: ClipboardEvent): void => {
    const [file] = event.clipboardData?.files ?? [];
    // A piece of a document or a table comes as text and as a picture of it, too: it is the text that is wanted.
    if (!file || event.clipboardData?.types.includes('text/plain')) return;
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
      <Enclosure />
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
            const [file] = currentTarget.files ?? [];
            if (file) compose.attach(file);
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
