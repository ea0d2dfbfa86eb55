import { existsSync, readFileSync } from 'node:fs';

/** A test that a document names. */
export interface NamedTest {
  file: string;
  title: string;
}

/** Each test that a text names: `file` “title”, and more titles of the same file after it. */
export const namedTests = (text: string): NamedTest[] => {
  let file = '';
  return [...text.matchAll(/`(test\/[^`]+)`|“([^”]+)”/g)].flatMap(([, path, title]) => {
    if (path !== undefined) file = path;
    return title === undefined ? [] : [{ file, title }];
  });
};

/** Whether the test is there: its title in the source of its file, given to `it`, `test` or the call that `each` returns. */
export const hasTest = ({ file, title }: NamedTest): boolean => {
  const literal = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll("'", "\\\\?'");
  return existsSync(file) && new RegExp(`\\(\\s*['"\`]${literal}['"\`],`).test(readFileSync(file, 'utf8'));
};
