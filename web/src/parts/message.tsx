import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useChat } from '../state/context.ts';
import type { ShownMessage } from '../state/shown.ts';
import { AttachmentOf } from './attachment.tsx';
import { briefly, isExpired, noteOf } from '../state/names.ts';
import { Text } from './text.tsx';
import { timeOf } from '../state/times.ts';
import { Face } from './face.tsx';
import { Icon, type IconName } from './icon.tsx';

const ticks: Record<ShownMessage['status'], [sign: IconName, words: string]> = {
  accepted: ['clock', 'Accepted'],
  sent: ['check', 'Sent'],
  delivered: ['checks', 'Delivered'],
  read: ['checks', 'Read'],
};

const Ticks = ({ message }: { message: ShownMessage }) => {
  if (message.local === 'failed') return <span>Not sent</span>;
  const [sign, words] =
    message.local === 'waiting' ? (['clock', 'Waiting to be sent'] as const) : ticks[message.status];
  return (
    <span title={words} class={message.status === 'read' ? 'is-read' : undefined}>
      <Icon name={sign} />
      <span class="unseen">{words}</span>
    </span>
  );
};

const emojis = ['👍', '❤️', '😂', '😮', '😢', '🎉'];

const Tools = ({ message, isOwn }: { message: ShownMessage; isOwn: boolean }) => {
  const { current, compose, mayModerate } = useChat();
  const [isChoosing, setIsChoosing] = useState(false);
  const tools = useRef<HTMLDivElement>(null);
  const wasChoosing = useRef(false);
  useEffect(() => {
    if (isChoosing !== wasChoosing.current) tools.current?.querySelector('button')?.focus();
    wasChoosing.current = isChoosing;
  }, [isChoosing]);
  /** Before what was pressed goes: tools are there while something of the message has the focus. */
  const stay = (): void => tools.current?.parentElement?.querySelector<HTMLElement>('.bubble')?.focus();
  const choose = (isBegun: boolean): void => {
    stay();
    setIsChoosing(isBegun);
  };
  const remove = (): void => {
    stay();
    void current.remove(message);
  };
  const tool = (label: string, sign: ComponentChildren, act: () => void) => (
    <button type="button" aria-label={label} title={label} onClick={act}>
      {sign}
    </button>
  );
  return (
    <div ref={tools} class="tools" role="group" aria-label="What to do with this message">
      {isChoosing
        ? emojis.map((emoji) =>
            tool(`React with ${emoji}`, emoji, () => {
              choose(false);
              void current.react(message, emoji);
            }),
          )
        : tool('React', <Icon name="face" />, () => choose(true))}
      {tool('Reply', <Icon name="reply" />, () => compose.replyTo(message))}
      {isOwn && message.forwardedFrom === null && message.messageText !== null && (
        <>{tool('Edit', <Icon name="pen" />, () => compose.edit(message))}</>
      )}
      {mayModerate.value &&
        tool(message.pinned ? 'Unpin' : 'Pin', <Icon name="pin" />, () => void current.pin(message))}
      {(isOwn || mayModerate.value) && tool('Delete', <Icon name="bin" />, remove)}
    </div>
  );
};

const Reactions = ({ message }: { message: ShownMessage }) => {
  const { current, session } = useChat();
  if (message.reactions.length === 0) return null;
  const me = session.userId.value ?? '';
  return (
    <div class="reactions" role="group" aria-label="Reactions">
      {message.reactions.map(({ emoji, userIds }) => (
        <button
          key={emoji}
          class="reaction"
          aria-pressed={userIds.includes(me)}
          title={userIds.map((userId) => current.nameOf(userId)).join(', ')}
          onClick={() => void current.react(message, emoji)}
        >
          {emoji} {userIds.length}
        </button>
      ))}
    </div>
  );
};

const Quote = ({ messageId }: { messageId: string }) => {
  const { current } = useChat();
  const quoted = current.find(messageId);
  if (!quoted) return <span class="quote quiet">An earlier message</span>;
  return (
    <button class="quote cut" onClick={() => void current.goTo(quoted.seq)}>
      <strong>{current.nameOf(quoted.senderId)}</strong>{' '}
      <span dir="auto">{briefly(quoted, (userId) => current.nameOf(userId))}</span>
    </button>
  );
};

const Content = ({ message }: { message: ShownMessage }) => {
  if (isExpired(message)) return <span class="gone">This message has expired.</span>;
  if (message.deletedAt !== null) return <span class="gone">This message was deleted.</span>;
  return (
    <>
      {message.forwardedFrom && <span class="quiet">Forwarded </span>}
      {message.replyTo !== null && <Quote messageId={message.replyTo} />}
      {message.attachment && <AttachmentOf message={message} attachment={message.attachment} />}
      {message.messageText !== null && <Text text={message.messageText} />}
      {message.messageText !== null && message.attachmentUrl !== null && <br />}
      {message.attachmentUrl !== null && <Text text={message.attachmentUrl} />}
    </>
  );
};

const Failure = ({ message }: { message: ShownMessage }) => {
  const { current, compose } = useChat();
  return (
    <div class="refusal" role="alert">
      <p class="failure">{message.problem ?? 'It could not be sent.'}</p>
      <div>
        <button
          class="plain"
          onClick={() => {
            compose.rewrite(message);
            current.discard(message);
          }}
        >
          Edit
        </button>
        <button
          class="plain"
          onClick={() => {
            current.retry(message);
          }}
        >
          Send again
        </button>
        <button
          class="danger"
          onClick={() => {
            current.discard(message);
          }}
        >
          Discard
        </button>
      </div>
    </div>
  );
};

/** When it was said, and what became of it since. */
const Meta = ({ message, isOwn }: { message: ShownMessage; isOwn: boolean }) => (
  <span class="meta">
    {message.pinned && (
      <>
        <Icon name="pin" />
        <span class="unseen">Pinned</span>
      </>
    )}
    {message.editedAt !== null && <span>edited</span>}
    <time dateTime={message.createdAt}>{timeOf(message.createdAt)}</time>
    {isOwn && message.deletedAt === null && <Ticks message={message} />}
  </span>
);

interface OneMessageProps {
  message: ShownMessage;
  isNext: boolean;
}

/** A message, or what the system noted. */
export const OneMessage = ({ message, isNext }: OneMessageProps) => {
  const { current, session } = useChat();
  const isOwn = message.senderId === session.userId.value;
  const hasFace = !isOwn && current.isGroup.value;
  const sender = current.nameOf(message.senderId);
  if (message.type === 'system')
    return (
      <li class="note" data-seq={message.seq}>
        {noteOf(message, (userId) => current.nameOf(userId))}
      </li>
    );
  const classes = [
    'message',
    ...(isOwn ? ['is-own'] : []),
    ...(isNext ? ['is-next'] : []),
    ...(message.local === 'failed' ? ['has-failed'] : []),
    ...(message.deletedAt === null ? [] : ['is-gone']),
    ...(hasFace ? ['has-face'] : []),
    ...(current.foundSeq.value === message.seq ? ['is-found'] : []),
  ];
  return (
    <li class={classes.join(' ')} data-seq={message.seq}>
      {hasFace && !isNext && (
        <>
          <Face name={sender} avatarUrl={current.avatarOf(message.senderId)} />
          <span class="sender" dir="auto">
            {sender}
          </span>
        </>
      )}
      <div class="bubble" tabIndex={0}>
        <span class="unseen">{sender}: </span>
        <Content message={message} />
        <Meta message={message} isOwn={isOwn} />
      </div>
      <Reactions message={message} />
      {message.local === 'waiting' && message.problem !== undefined && (
        <p class="quiet" role="status">
          {message.problem}
        </p>
      )}
      {message.local === 'failed' && <Failure message={message} />}
      {message.local === undefined && message.deletedAt === null && <Tools message={message} isOwn={isOwn} />}
      {message.deletedAt !== null && isOwn && !isExpired(message) && (
        <button class="plain" onClick={() => void current.restore(message)}>
          Restore
        </button>
      )}
    </li>
  );
};
