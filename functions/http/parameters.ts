/** What may stand in braces in a path, and what it means. */
export const parameters = {
  conversationId: {
    description:
      'Id of a conversation. One that you are not in, that does not exist or that can be none is 403.',
    example: 'd-3qBvN1c8Zl2m4xY7TfKsW0aJ',
  },
  messageId: { description: 'Id of a message of the conversation.', example: 'm-5cXo2Kq8Zr1v7nY4TfPsW0aJ' },
  emoji: { description: 'An emoji, or another text of 1 to 32 characters without blanks.', example: '👍' },
  memberId: { description: 'Id of a member, or `me`.', example: 'bob' },
  attachmentId: {
    description: 'Id of an attachment, as the message has it.',
    example: 'a-9rTzP4w6Ld0n2vQ8GhJkE5bM',
  },
  exportId: {
    description: 'Id of an export of yours.',
    example: 'j-7Zr1v5cXo2Kq8nY4TfPsW0aJm3Bd6Le9',
  },
  jobId: {
    description: 'Id of a job, as beginning it answered.',
    example: 'j-7Zr1v5cXo2Kq8nY4TfPsW0aJm3Bd6Le9',
  },
  webhookId: { description: 'Id of a webhook.', example: 'w-5rJ0mPzRkq3W1xYvT8aLbN2c' },
  deadLetterId: { description: 'Id of a dead letter, as the list has it.', example: 'chat-queue~42' },
  userId: { description: 'Id of a user.', example: 'bob' },
} as const satisfies Record<string, { description: string; example: string }>;

export type ParameterName = keyof typeof parameters;
