import { useChat } from '../state/context.ts';
import { Dialog } from './dialog.tsx';
import { Face } from './face.tsx';

/** How the page looks and calls, and logging out. */
export const Settings = () => {
  const { show, settings, session, logOut } = useChat();
  return (
    <Dialog title="Settings" onClose={() => show(undefined)}>
      <div class="identity">
        <Face name={session.name.value} />
        <div class="grow">
          <strong dir="auto">{session.name.value}</strong>
          <p class="quiet cut">{session.userId.value}</p>
        </div>
      </div>
      <label class="field">
        Colors
        <select
          value={settings.theme.value}
          onChange={({ currentTarget }) => settings.setTheme(currentTarget.value)}
        >
          <option value="">As the system has them</option>
          <option value="light">Light</option>
          <option value="dark">Dark</option>
        </select>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={settings.notifies.value}
          onChange={({ currentTarget }) => void settings.setNotifies(currentTarget.checked)}
        />
        Tell me of new messages while this page is in the background
      </label>
      <div role="alert">
        {settings.problem.value !== undefined && <p class="failure">{settings.problem.value}</p>}
      </div>
      <button class="secondary danger" onClick={() => void logOut()}>
        Log out
      </button>
    </Dialog>
  );
};
