import type { ConversationInfo } from '../../../client/index.ts';
import { useChat } from '../state/context.ts';
import { Face } from './face.tsx';
import { isMuted, nameOf, previewOf } from '../state/names.ts';
import { whenOf } from '../state/times.ts';
import { Icon } from './icon.tsx';

const Entry = ({ conversation }: { conversation: ConversationInfo }) => {
  const { list, open, openId, session, online } = useChat();
  const me = session.userId.value;
  const name = nameOf(conversation, me);
  const other =
    conversation.type === 'direct' ? conversation.members.find(({ userId }) => userId !== me) : undefined;
  const { unreadCount, lastActivityAt } = conversation;
  return (
    <li>
      <button
        class={unreadCount > 0 ? 'entry is-unread' : 'entry'}
        aria-current={openId.value === conversation.id}
        onClick={() => open(conversation.id)}
      >
        <Face
          name={name}
          avatarUrl={other?.avatarUrl}
          isOnline={other !== undefined && online.value.has(other.userId)}
        />
        <span class="grow">
          <span class="line">
            <span class="cut" dir="auto">
              {name}
            </span>
            <span class="quiet when">
              {isMuted(conversation, list.now.value) && (
                <>
                  <Icon name="mute" />
                  <span class="unseen">Muted</span>
                </>
              )}
              {whenOf(lastActivityAt, list.now.value)}
            </span>
          </span>
          <span class="line">
            <span class="cut quiet" dir="auto">
              {previewOf(conversation, me)}
            </span>
            {unreadCount > 0 && (
              <span class="badge">
                {unreadCount > 99 ? '99+' : unreadCount}
                <span class="unseen"> unread</span>
              </span>
            )}
          </span>
        </span>
      </button>
    </li>
  );
};

const Found = () => {
  const { search, openAt, list, session } = useChat();
  if (search.found.value === undefined) return null;
  const titleOf = (id: string): string => {
    const conversation = list.all.value.find((one) => one.id === id);
    return conversation ? nameOf(conversation, session.userId.value) : '';
  };
  return (
    <section aria-label="Messages found">
      <h2 class="heading">Messages</h2>
      {search.found.value.length === 0 && <p class="heading">No message has these words.</p>}
      <ul>
        {search.found.value.map((message) => (
          <li key={message.messageId}>
            <button class="entry" onClick={() => openAt(message.conversationId, message.seq)}>
              <span class="grow">
                <span class="line">
                  <span class="cut" dir="auto">
                    {titleOf(message.conversationId)}
                  </span>
                  <span class="quiet when">{whenOf(message.createdAt, list.now.value)}</span>
                </span>
                <span class="line">
                  <span class="cut quiet" dir="auto">
                    {message.messageText}
                  </span>
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
};

/** Places of conversations that are not known yet. */
const Loading = () => (
  <div class="loading" role="status">
    <span class="unseen">Loading conversations …</span>
    {[1, 2, 3, 4].map((place) => (
      <div key={place} aria-hidden="true" />
    ))}
  </div>
);

const emptiness = {
  all: 'No conversation yet. Begin one with the pen above.',
  unread: 'You have read everything.',
  archived: 'Nothing is archived.',
};

/** Conversations, what is looked for in them, and who I am. */
export const Side = () => {
  const { list, search, session, show } = useChat();
  return (
    <nav class="side" aria-label="Conversations">
      <div class="bar">
        <Face name={session.name.value} />
        <h1 class="grow" dir="auto">
          {session.name.value}
        </h1>
        <button aria-label="New conversation" title="New conversation" onClick={() => show('new')}>
          <Icon name="write" />
        </button>
        <button aria-label="Settings" title="Settings" onClick={() => show('settings')}>
          <Icon name="settings" />
        </button>
      </div>
      <div class="find" role="search">
        <label class="unseen" for="search">
          Search conversations and messages
        </label>
        <Icon name="find" />
        <input
          id="search"
          type="search"
          placeholder="Search"
          value={search.words.value}
          onInput={({ currentTarget }) => search.for(currentTarget.value)}
        />
      </div>
      <div class="filters" role="group" aria-label="Show">
        {(['all', 'unread', 'archived'] as const).map((which) => (
          <button key={which} aria-pressed={list.which.value === which} onClick={() => list.choose(which)}>
            {{ all: 'All', unread: 'Unread', archived: 'Archived' }[which]}
          </button>
        ))}
      </div>
      <div class="scroll">
        {!list.isLoaded.value && list.all.value.length === 0 && <Loading />}
        <ul>
          {list.shown.value.map((conversation) => (
            <Entry key={conversation.id} conversation={conversation} />
          ))}
        </ul>
        {list.isLoaded.value && list.shown.value.length === 0 && search.found.value === undefined && (
          <p class="heading">{emptiness[list.which.value]}</p>
        )}
        {list.hasMore.value && (
          <button
            class="plain"
            onClick={() => {
              list.loadMore();
            }}
          >
            Show more
          </button>
        )}
        <Found />
      </div>
    </nav>
  );
};
