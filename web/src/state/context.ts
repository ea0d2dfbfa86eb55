import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Chat } from './chat.ts';

export const ChatContext = createContext<Chat | undefined>(undefined);

/** The chat that the page shows. */
export const useChat = (): Chat => {
  const chat = useContext(ChatContext);
  if (!chat) throw new Error('There is no chat here.');
  return chat;
};
