import { contentSafetyClient } from '../../shared/adapters/moderation/content-safety-client.ts';
import { ContentSafetyModerator } from '../../shared/adapters/moderation/content-safety-moderator.ts';
import { ModeratorPipeline } from '../../shared/adapters/moderation/moderator-pipeline.ts';
import { SameTextModerator } from '../../shared/adapters/moderation/same-text-moderator.ts';
import { SpamModerator } from '../../shared/adapters/moderation/spam-moderator.ts';
import { WordListModerator } from '../../shared/adapters/moderation/word-list-moderator.ts';
import { wordLists } from '../../shared/adapters/moderation/words/index.ts';
import type { Config } from '../../shared/config.ts';
import type { Timer } from '../../shared/ports/clock.ts';
import type { Moderator } from '../../shared/ports/moderator.ts';
import type { openClients } from '../clients.ts';
import { logApart } from '../log.ts';

/** Those that the settings name, in the order of what they cost. */
export const moderatorOf = (
  { moderation }: Config,
  { credential, httpClient }: Pick<ReturnType<typeof openClients>, 'credential' | 'httpClient'>,
  timer: Timer,
): ModeratorPipeline => {
  const { isOn, words, languages, sameTextPerMinute, onFailure, contentSafety } = moderation;
  if (!isOn) return new ModeratorPipeline([]);
  const listed = words.length > 0 ? words : languages.flatMap((language) => wordLists[language]);
  const moderators: Moderator[] = [new WordListModerator(listed), new SpamModerator()];
  if (sameTextPerMinute > 0) moderators.push(new SameTextModerator(timer, sameTextPerMinute));
  if (contentSafety) {
    const analyze = contentSafetyClient({ ...contentSafety, credential, httpClient });
    const report = (reason: string) => logApart('moderation.unanswered', { reason });
    moderators.push(new ContentSafetyModerator(analyze, timer, { ...contentSafety, onFailure, report }));
  }
  return new ModeratorPipeline(moderators);
};
