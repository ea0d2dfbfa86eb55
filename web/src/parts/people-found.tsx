import type { Profile } from '../../../client/index.ts';
import { useChat } from '../state/context.ts';
import { personName } from '../state/names.ts';
import { Face } from './face.tsx';

interface PeopleFoundProps {
  /** Who is not offered. */
  without: readonly (string | undefined)[];
  /** Those who are chosen, where one can be; they stay in the list. */
  chosen?: readonly Profile[];
  onChoose: (person: Profile) => void;
}

/** People whose names begin with what was written. */
export const PeopleFound = ({ without, chosen, onChoose }: PeopleFoundProps) => {
  const { people } = useChat();
  return (
    <ul aria-label="People found">
      {people.found.value
        .filter(({ userId }) => !without.includes(userId))
        .map((person) => (
          <li key={person.userId}>
            <button
              class="entry"
              aria-pressed={chosen?.some(({ userId }) => userId === person.userId)}
              onClick={() => onChoose(person)}
            >
              <Face name={personName(person)} avatarUrl={person.avatarUrl} />
              <span class="grow cut" dir="auto">
                {personName(person)} <span class="quiet">{person.userId}</span>
              </span>
              {!chosen && <span class="quiet">Add</span>}
            </button>
          </li>
        ))}
    </ul>
  );
};
