/**
 * A conversation in React: `const { messages, pending, unreadCount } = useConversation(chat, id)`. It takes React's hooks as
 * an argument only so that this project can check it without having React; in yours, import them.
 */
import type { ConversationSnapshot, ParleyClient } from '../index.ts';

interface Hooks {
  useSyncExternalStore: <T>(subscribe: (onChange: () => void) => () => void, getSnapshot: () => T) => T;
  useEffect: (effect: () => undefined | (() => void), dependencies: readonly unknown[]) => void;
  useCallback: <T>(callback: T, dependencies: readonly unknown[]) => T;
}

export const makeUseConversation =
  ({ useSyncExternalStore, useEffect, useCallback }: Hooks) =>
  (chat: ParleyClient, id: string): ConversationSnapshot => {
    const conversation = chat.conversation(id);
    const subscribe = useCallback((onChange: () => void) => conversation.subscribe(onChange), [conversation]);
    const snapshot = useSyncExternalStore(subscribe, () => conversation.snapshot);
    useEffect(() => {
      conversation.open().catch((error: unknown) => console.error(error));
      return undefined;
    }, [conversation]);
    const last = snapshot.messages.at(-1)?.seq;
    useEffect(() => {
      if (last !== undefined) conversation.markRead(last);
      return undefined;
    }, [conversation, last]);
    return snapshot;
  };
