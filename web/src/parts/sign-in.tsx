import { useEffect, useState } from 'preact/hooks';
import { useChat } from '../state/context.ts';
import type { Provider } from '../state/page-config.ts';

/** The provider by which people log in here. */
const ByProvider = ({ login }: { login: Provider }) => {
  const { session } = useChat();
  return (
    <button class="primary" disabled={session.isBusy.value} onClick={() => void session.logInByProvider()}>
      Log in with {login.name ?? new URL(login.issuer).host}
    </button>
  );
};

/** Accounts of the service itself. */
const ByPassword = ({ isNew, setIsNew }: { isNew: boolean; setIsNew: (isNew: boolean) => void }) => {
  const { session } = useChat();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const field = (name: string): string => (form.get(name) as string | null) ?? '';
    const account = { username: field('username').trim(), password: field('password') };
    void (isNew
      ? session.register({ ...account, fullName: field('fullName').trim() })
      : session.logIn(account));
  };
  const { problem, isBusy } = session;
  return (
    <form onSubmit={submit}>
      {isNew && (
        <label class="field">
          Your name
          <input name="fullName" autocomplete="name" maxLength={200} />
        </label>
      )}
      <label class="field">
        Username
        <input name="username" required autocomplete="username" autocapitalize="none" spellcheck={false} />
      </label>
      <label class="field">
        Password
        <input
          name="password"
          type="password"
          required
          autocomplete={isNew ? 'new-password' : 'current-password'}
        />
      </label>
      <button class="primary" disabled={isBusy.value}>
        {isNew ? 'Register' : 'Log in'}
      </button>
      <button
        type="button"
        class="plain"
        onClick={() => {
          setIsNew(!isNew);
          problem.value = undefined;
        }}
      >
        {isNew ? 'I have an account' : 'I have no account yet'}
      </button>
    </form>
  );
};

/** Logging in, or making an account. */
export const SignIn = () => {
  const { session } = useChat();
  const [isNew, setIsNew] = useState(false);
  useEffect(() => void session.prepare(), []);
  const { problem, config } = session;
  return (
    <main class="sign-in">
      <div class="card">
        <header>
          <img src="icon.svg" alt="" />
          <h1>{isNew ? 'Make an account' : 'Log in to Parley'}</h1>
          <p class="quiet">Chat with one person or a group.</p>
        </header>
        <div role="alert">{problem.value !== undefined && <p class="failure">{problem.value}</p>}</div>
        {config.value?.login && <ByProvider login={config.value.login} />}
        {config.value && !config.value.login && <ByPassword isNew={isNew} setIsNew={setIsNew} />}
      </div>
    </main>
  );
};
