/** `npm run admin -- <command>`: what operators do to a running app, by its API. Without a command it says what there is. */
import { openApi, ProblemError } from './admin/api.ts';
import { UsageError } from './admin/arguments.ts';
import { commandsOf, usage } from './admin/commands.ts';

const [name = 'help', ...given] = process.argv.slice(2);

try {
  if (['help', '--help', '-h'].includes(name)) console.log(usage);
  else await commandsOf(openApi).run(name, given);
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n\n${usage}`);
  else if (error instanceof ProblemError) console.error(error.message);
  else console.error(`This did not work: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
