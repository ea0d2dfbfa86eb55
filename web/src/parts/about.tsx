import { useSignal } from '@preact/signals';
import type { MemberInfo } from '../../../client/index.ts';
import { useChat } from '../state/context.ts';
import { Dialog } from './dialog.tsx';
import { Face } from './face.tsx';
import { isMuted, personName } from '../state/names.ts';
import { Icon } from './icon.tsx';
import { PeopleFound } from './people-found.tsx';

const MemberEntry = ({ member }: { member: MemberInfo }) => {
  const { current, mayModerate, session, online, isOwner } = useChat();
  const isMe = member.userId === session.userId.value;
  const name = personName(member);
  return (
    <li class="entry">
      <Face name={name} avatarUrl={member.avatarUrl} isOnline={online.value.has(member.userId)} />
      <span class="grow cut" dir="auto">
        {name}
        {isMe && ' (you)'}
      </span>
      {isOwner.value && !isMe ? (
        <label>
          <span class="unseen">Role of {name}</span>
          <select
            value={member.role}
            onChange={({ currentTarget }) =>
              void current.setRole(member.userId, currentTarget.value as MemberInfo['role'])
            }
          >
            <option value="member">Member</option>
            <option value="admin">Admin</option>
            <option value="owner">Owner</option>
          </select>
        </label>
      ) : (
        <span class="quiet">{member.role}</span>
      )}
      {mayModerate.value && !isMe && member.role !== 'owner' && (
        <button
          class="danger"
          aria-label={`Remove ${name}`}
          onClick={() => void current.removeMember(member.userId)}
        >
          <Icon name="close" />
        </button>
      )}
    </li>
  );
};

const AddMember = () => {
  const { people, current } = useChat();
  return (
    <>
      <label class="field">
        Add somebody
        <input
          type="search"
          autocomplete="off"
          placeholder="Name or username"
          value={people.words.value}
          onInput={({ currentTarget }) => people.find(currentTarget.value)}
        />
      </label>
      <PeopleFound
        without={current.view.value?.members.map(({ userId }) => userId) ?? []}
        onChoose={({ userId }) => void current.addMember(userId)}
      />
    </>
  );
};

/** Who is in a conversation, what it is called, and what can be done with it. */
export const About = () => {
  const { current, list, show, mayModerate } = useChat();
  const view = current.view.value;
  const muted = view !== undefined && isMuted(view, list.now.value);
  const title = useSignal(view?.title ?? '');
  if (!view) return null;
  return (
    <Dialog title={current.name.value} onClose={() => show(undefined)}>
      {current.isGroup.value && mayModerate.value && (
        <form
          class="field"
          onSubmit={(event) => {
            event.preventDefault();
            void current.rename(title.value.trim());
          }}
        >
          <label for="title">Title</label>
          <div class="row">
            <input
              id="title"
              maxLength={200}
              value={title.value}
              onInput={({ currentTarget }) => {
                title.value = currentTarget.value;
              }}
            />
            <button class="secondary" aria-label="Save the title">
              Save
            </button>
          </div>
        </form>
      )}
      <section class="group" aria-label="Members">
        <h3>
          {view.members.length} {view.members.length === 1 ? 'member' : 'members'}
        </h3>
        <ul>
          {view.members.map((member) => (
            <MemberEntry key={member.userId} member={member} />
          ))}
        </ul>
        {current.isGroup.value && mayModerate.value && <AddMember />}
      </section>
      <div role="alert">
        {current.problem.value !== undefined && <p class="failure">{current.problem.value}</p>}
      </div>
      <div class="actions">
        <button class="secondary" onClick={() => void current.mute(!muted)}>
          {muted ? 'Unmute' : 'Mute'}
        </button>
        <button class="secondary" onClick={() => void current.archive(view.archivedAt === null)}>
          {view.archivedAt === null ? 'Archive' : 'Bring back from the archive'}
        </button>
        {current.isGroup.value && (
          <button class="secondary danger" onClick={() => void current.leave()}>
            Leave the group
          </button>
        )}
      </div>
    </Dialog>
  );
};
