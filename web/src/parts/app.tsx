import { useChat } from '../state/context.ts';
import { About } from './about.tsx';
import { Conversation } from './conversation.tsx';
import { NewConversation } from './new-conversation.tsx';
import { Settings } from './settings.tsx';
import { Side } from './side.tsx';
import { SignIn } from './sign-in.tsx';

const Banner = () => {
  const { connection, problem } = useChat();
  return (
    <div class="banner" role="status">
      {connection.value === 'offline' && (
        <p class="notice">No connection just now. What you write is kept and sent when it is back.</p>
      )}
      {problem.value !== undefined && (
        <p class="failure">
          {problem.value}{' '}
          <button
            onClick={() => {
              problem.value = undefined;
            }}
          >
            Close
          </button>
        </p>
      )}
    </div>
  );
};

/** The whole page. */
export const App = () => {
  const { session, openId, shown } = useChat();
  if (session.userId.value === undefined) return <SignIn />;
  return (
    <main class={openId.value === undefined ? 'chat' : 'chat is-open'}>
      <Banner />
      <Side />
      <Conversation />
      {shown.value === 'new' && <NewConversation />}
      {shown.value === 'about' && <About />}
      {shown.value === 'settings' && <Settings />}
    </main>
  );
};
