import { setTimeout as sleep } from 'node:timers/promises';
import { ProblemError, type Ask } from './api.ts';
import { named, type Given } from './arguments.ts';

interface Export {
  state: 'running' | 'done' | 'refused';
  messages: number;
  file: { downloadUrl: string; bytes: number; sha256: string } | null;
}

/** Begins it, waits for its end, and prints where the file is. */
export const exportConversation = async (
  ask: Ask,
  given: Given,
  sinceSeq: number | undefined,
): Promise<void> => {
  const [conversationId] = named(given, ['CONVERSATION']);
  const { exportId } = await ask<{ exportId: string }>('POST', 'exports', {
    conversationId,
    ...(sinceSeq !== undefined && { sinceSeq }),
  });
  for (;;) {
    const { state, messages, file } = await ask<Export>('GET', `exports/${exportId}`);
    if (state === 'refused') throw new ProblemError('not-a-member: You left the conversation meanwhile.');
    if (file) {
      console.log(`${messages} messages, ${file.bytes} bytes, SHA-256 ${file.sha256}\n${file.downloadUrl}`);
      return;
    }
    await sleep(500);
  }
};
