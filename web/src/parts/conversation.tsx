import { useEffect, useRef } from 'preact/hooks';
import { useChat } from '../state/context.ts';
import { Composer } from './composer.tsx';
import { Face } from './face.tsx';
import { Log } from './log.tsx';
import { Icon } from './icon.tsx';

const Typing = () => {
  const { current } = useChat();
  const names = current.typing.value;
  return (
    <p class="typing quiet" aria-live="polite">
      {names.length > 0 && `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} typing …`}
    </p>
  );
};

/** Whether keys lead nowhere: what had the focus is gone, or hidden as the list is on a phone. */
const isFocusLost = (): boolean => {
  const { activeElement: focused, body } = document;
  return focused === null || focused === body || !focused.checkVisibility();
};

const Back = () => {
  const { close } = useChat();
  return (
    <button class="back" aria-label="Back to the conversations" onClick={() => close()}>
      <Icon name="back" />
    </button>
  );
};

const Loading = () => (
  <section class="conversation" aria-label="Conversation">
    <header class="bar">
      <Back />
      <p class="quiet" role="status">
        Loading …
      </p>
    </header>
  </section>
);

const Nothing = () => {
  const { show } = useChat();
  return (
    <section class="conversation" aria-label="Conversation">
      <div class="nothing">
        <span class="sign">
          <Icon name="chat" />
        </span>
        <h2>Nothing open yet</h2>
        <p>Choose a conversation on the side, or begin a new one with a person or a group.</p>
        <button class="primary" onClick={() => show('new')}>
          New conversation
        </button>
      </div>
    </section>
  );
};

/** The conversation that is open. */
export const Conversation = () => {
  const { current, openId, show, compose } = useChat();
  const heading = useRef<HTMLHeadingElement>(null);
  const isLoaded = current.view.value !== undefined;
  useEffect(() => {
    if (isFocusLost()) heading.current?.focus();
  }, [openId.value, isLoaded]);
  if (openId.value === undefined) return <Nothing />;
  if (!current.view.value) return <Loading />;
  const drop = (event: DragEvent): void => {
    const [file] = event.dataTransfer?.files ?? [];
    if (!file) return; // text goes where it is dropped
    event.preventDefault();
    compose.attach(file);
  };
  return (
    <section
      class="conversation"
      aria-label="Conversation"
      onDragOver={(event) => {
        if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
      }}
      onDrop={drop}
    >
      <header class="bar">
        <Back />
        <Face name={current.name.value} avatarUrl={current.avatarUrl.value} />
        <div class="grow">
          <h1 ref={heading} tabIndex={-1} dir="auto">
            {current.name.value}
          </h1>
          <p class={current.isOnline.value ? 'quiet status is-online' : 'quiet status'}>
            <span class="cut">{current.about.value}</span>
          </p>
        </div>
        <button
          aria-label="About this conversation"
          title="About this conversation"
          onClick={() => show('about')}
        >
          <Icon name="more" />
        </button>
      </header>
      <Log key={current.view.value.id} />
      <Typing />
      <Composer />
    </section>
  );
};
