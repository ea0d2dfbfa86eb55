import { useChat } from '../state/context.ts';
import { Dialog } from './dialog.tsx';

/** How the page looks and calls, and logging out. */
export const Settings = () => {
  const { show, settings, session, logOut } = useChat();
  return (
    <Dialog title="Settings" onClose={() => show(undefined)}>
      <p>
        Logged in as <strong dir="auto">{session.userId.value}</strong>
      </p>
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
      <label>
        <input
          type="checkbox"
          checked={settings.notifies.value}
          onChange={({ currentTarget }) => void settings.setNotifies(currentTarget.checked)}
        />{' '}
        Tell me of new messages while this page is in the background
      </label>
      <div role="alert">
        {settings.problem.value !== undefined && <p class="failure">{settings.problem.value}</p>}
      </div>
      <button onClick={() => void logOut()}>Log out</button>
    </Dialog>
  );
};
