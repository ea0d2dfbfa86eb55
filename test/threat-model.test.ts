import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasTest, namedTests } from './support/named-tests.ts';

const model = readFileSync('docs/threat-model.md', 'utf8');

/** The threats, each with its defence and what shows it. */
const threats = model
  .slice(model.indexOf('\n## Threats'), model.indexOf('\n## Accepted'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| **') && !line.startsWith('| threat |'));

describe('test/security/README.md', () => {
  const folder = 'test/security';
  const list = readFileSync(`${folder}/README.md`, 'utf8').replace(
    /`([\w-]+(?:\.integration)?\.test\.ts)`/g,
    `\`${folder}/$1\``,
  );
  const attacks = list.split('\n').filter((line) => /^\| (?!attack \|)/.test(line));

  it('has a test for each attack, which is there', () => {
    expect(attacks.length).toBeGreaterThan(70);
    expect(attacks.filter((row) => namedTests(row.slice(2, -2).split(' | ')[1] ?? '').length === 0)).toEqual(
      [],
    );
    expect(namedTests(list).filter((test) => !hasTest(test))).toEqual([]);
  });

  it('leaves out none of its files, and none of them skips a test', () => {
    const files = globSync(`${folder}/*.test.ts`);
    expect(files.filter((file) => !list.includes(`\`${file}\``))).toEqual([]);
    const skips = /\b(?:it|test|describe)\.(?:skip|todo|only|skipIf|runIf)\b|\bxit\(|ctx\.skip\(/;
    expect(files.filter((file) => skips.test(readFileSync(file, 'utf8')))).toEqual([]);
  });
});

describe('docs/threat-model.md', () => {
  it('names tests that exist', () => {
    expect(namedTests(model).length).toBeGreaterThan(50);
    expect(namedTests(model).filter((test) => !hasTest(test))).toEqual([]);
  });

  it('has a defence for each threat, and a test that shows it', () => {
    const bare = threats.filter((row) => {
      const [threat = '', defence = '', tests = '', ...more] = row.slice(2, -2).split(' | ');
      return threat === '' || defence === '' || namedTests(tests).length === 0 || more.length > 0;
    });
    expect(threats.length).toBeGreaterThan(30);
    expect(bare).toEqual([]);
  });

  it('leaves out none of the files of test/security', () => {
    const files = globSync('test/security/*.test.ts').filter((file) => !model.includes(`\`${file}\``));
    expect(files).toEqual([]);
  });

  it('finds a test that is not there, in a file that is and in one that is not', () => {
    const [one, other] = namedTests(
      '`test/threat-model.test.ts` “is not there”; `test/none.test.ts` “names tests that exist”',
    );
    expect([one, other].map((test) => test && hasTest(test))).toEqual([false, false]);
  });
});
