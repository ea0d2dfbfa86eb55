/** Why moderation refuses a text. Public and stable, as the codes of errors are. */
export const rejectionReasons = [
  'word',
  'repetition',
  'links',
  'mentions',
  'same-text',
  'hate',
  'sexual',
  'self-harm',
  'violence',
] as const;

export type RejectionReason = (typeof rejectionReasons)[number];

/** Languages that there are word lists for. */
export const moderationLanguages = ['de', 'en', 'es', 'fr', 'it', 'nl', 'pt'] as const;

export type ModerationLanguage = (typeof moderationLanguages)[number];
