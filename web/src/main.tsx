import { render } from 'preact';
import { App } from './parts/app.tsx';
import { Chat } from './state/chat.ts';
import { ChatContext } from './state/context.ts';

const page = document.getElementById('page');
const chat = new Chat();
if (page)
  render(
    <ChatContext.Provider value={chat}>
      <App />
    </ChatContext.Provider>,
    page,
  );
void chat.start();
