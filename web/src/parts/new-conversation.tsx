import { useSignal } from '@preact/signals';
import { useChat } from '../state/context.ts';
import { Dialog } from './dialog.tsx';
import { personName } from '../state/names.ts';
import { Icon } from './icon.tsx';
import { PeopleFound } from './people-found.tsx';

/** Whom to write to: one person, or several as a group. */
export const NewConversation = () => {
  const { people, begin, show, session } = useChat();
  const title = useSignal('');
  const chosen = people.chosen.value;
  const isGroup = chosen.length > 1 || title.value !== '';
  return (
    <Dialog title="New conversation" onClose={() => show(undefined)}>
      <label class="field">
        Name or username
        <input
          type="search"
          autocomplete="off"
          value={people.words.value}
          onInput={({ currentTarget }) => people.find(currentTarget.value)}
        />
      </label>
      {chosen.length > 0 && (
        <ul class="chips" aria-label="Chosen">
          {chosen.map((person) => (
            <li key={person.userId} class="chip">
              <span dir="auto">{personName(person)}</span>
              <button aria-label={`Leave out ${personName(person)}`} onClick={() => people.toggle(person)}>
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <PeopleFound
        without={[session.userId.value]}
        chosen={chosen}
        onChoose={(person) => people.toggle(person)}
      />
      {chosen.length > 0 && (
        <label class="field">
          Title of the group {chosen.length === 1 && '(for a group of two)'}
          <input
            maxLength={200}
            value={title.value}
            onInput={({ currentTarget }) => {
              title.value = currentTarget.value;
            }}
          />
        </label>
      )}
      <div role="alert">
        {people.problem.value !== undefined && <p class="failure">{people.problem.value}</p>}
      </div>
      <button
        class="primary"
        disabled={chosen.length === 0 || people.isBusy.value}
        onClick={() => void begin(isGroup ? { title: title.value.trim() } : undefined)}
      >
        {isGroup ? 'Create the group' : 'Begin'}
      </button>
    </Dialog>
  );
};
