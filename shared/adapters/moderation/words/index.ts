import { german } from './de.ts';
import { english } from './en.ts';
import { spanish } from './es.ts';
import { french } from './fr.ts';
import { italian } from './it.ts';
import { dutch } from './nl.ts';
import { portuguese } from './pt.ts';
import type { ModerationLanguage } from '../../../domain/moderation.ts';

/** The lists that come with Parley, each in a file of its own. */
export const wordLists: Record<ModerationLanguage, readonly string[]> = {
  de: german,
  en: english,
  es: spanish,
  fr: french,
  it: italian,
  nl: dutch,
  pt: portuguese,
};
