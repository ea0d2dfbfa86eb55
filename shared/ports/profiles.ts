/** What others may see of a user. */
export interface Profile {
  fullName: string | null;
  avatarUrl: string | null;
}

/** The names and faces of users. */
export interface Profiles {
  /** Of users that nothing is known of there is no entry. @throws ChatError `unavailable` */
  find(userIds: readonly string[]): Promise<Map<string, Profile>>;
}
