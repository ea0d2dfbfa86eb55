import { foldUsername } from '../../domain/account.ts';
import { encodeKey } from './keys.ts';

/**
 * The partition of a user in the table `Users`: the account, if there is one, and what refuses the user's tokens, so that
 * one query tells all of that. User names that are the same account share it; ids of users who have none may as well,
 * so rows about one user name the id.
 */
export const userPartition = (username: string): string => `name|${encodeKey(foldUsername(username))}`;

interface Key {
  partitionKey: string;
  rowKey: string;
}

/** That a user was erased, and by which job. */
export const erasedKey = (userId: string): Key => ({
  partitionKey: userPartition(userId),
  rowKey: `erased|${encodeKey(userId)}`,
});

/** Which tokens of a user were taken back. */
export const takenBackKey = (userId: string): Key => ({
  partitionKey: userPartition(userId),
  rowKey: `taken-back|${encodeKey(userId)}`,
});
