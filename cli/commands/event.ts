import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { InvalidArgumentError } from 'commander';
import { SECOND } from '../../model/duration.js';
import type { EventDocument } from '../../model/event-document.js';
import { eventAnswer, eventListAnswer } from '../../spec/http-answers.js';
import { call, type Server } from '../client.js';
import { findServer } from '../context.js';
import { addExamples } from '../examples.js';
import { CommandFailure, EXIT } from '../failure.js';
import type { CommandHost } from '../program.js';
import { plain } from '../watch/format.js';

/** CI is told within this time that nobody answers. */
const ANSWER_WITHIN = 10 * SECOND;
const LOOK_EACH = SECOND;

interface RegisterOptions {
  address?: string;
  apiKey?: string;
  apiKeyFile?: string;
  name: string;
  data: string;
  labels?: Record<string, string>;
  contexts?: Record<string, string>;
  wait?: true;
  json?: true;
}

/** `sluice event register|list|show`; `register` takes the flags of `pipectl event register`. */
export function addEvent({ program, context, done }: CommandHost): void {
  const event = program
    .command('event')
    .description('Tell of events, such as a new image, and see what became of them.')
    .helpCommand(false);
  const show = (found: EventDocument, json?: true): void => {
    context.out(json ? JSON.stringify(found) : eventLine(found));
    if (found.status === 'FAILED') done(EXIT.failed);
  };
  const register = event
    .command('register')
    .description('Register an event: the event watchers of its name and labels commit its data.')
    .requiredOption('--name <name>', 'the name that a watcher waits for')
    .requiredOption('--data <value>', 'the value to write, such as an image')
    .option('--labels <k=v,…>', 'must be those of the watcher', pairs)
    .option('--contexts <k=v,…>', 'written into the commit as trailers', pairs)
    .option('--address <url>', 'where Sluice is; SLUICE_URL when left out')
    .option('--api-key <key>', 'SLUICE_API_KEY when left out')
    .option('--api-key-file <file>', 'a file that holds the key')
    .option('--wait', 'until it is committed, or fails (exit code 1)')
    .option('--json', 'answer as JSON')
    .action(async ({ json, wait, name, data, labels = {}, contexts = {}, ...where }: RegisterOptions) => {
      const server = serverOf(findServer(context), where);
      const body = { name, data, labels, contexts };
      const asked = { method: 'POST', path: '/events', body, timeout: ANSWER_WITHIN } as const;
      const registered = await call(server, asked, eventAnswer).catch(naming(where));
      show(wait ? await ended(server, registered, context.say) : registered, json);
    });
  addExamples(
    register,
    ['a new image', 'sluice event register --name web-image --data registry.example.com/web:1.28'],
    [
      'for the watchers with this label, with a trailer in their commit',
      'sluice event register --name web-image --data registry.example.com/web:1.28 --labels env=prod --contexts Build=1234',
    ],
  );
  event
    .command('list')
    .description('Show the last events, newest first.')
    .option('--json', 'answer as JSON')
    .action(async ({ json }: { json?: true }) => {
      const list = await call(findServer(context), { path: '/events' }, eventListAnswer);
      if (json) context.out(JSON.stringify(list));
      else for (const one of list.events) context.out(eventLine(one));
    });
  event
    .command('show')
    .description('Show one event. Exit code 1 when it failed.')
    .argument('<id>')
    .option('--json', 'answer as JSON')
    .action(async (id: string, { json }: { json?: true }) => {
      show(await call(findServer(context), { path: `/events/${encodeURIComponent(id)}` }, eventAnswer), json);
    });
}

/** Looks at an event until it has ended; tells each new reason why it has not. */
async function ended(server: Server, event: EventDocument, say: (text: string) => void): Promise<EventDocument> {
  let seen = event;
  let told = '';
  while (seen.status === 'PENDING') {
    if (seen.reason !== told) say(plain(`${seen.id}: ${seen.reason}`));
    told = seen.reason;
    await setTimeout(LOOK_EACH);
    seen = await call(server, { path: `/events/${encodeURIComponent(event.id)}` }, eventAnswer);
  }
  return seen;
}

function serverOf(found: Server, { address, apiKey, apiKeyFile }: Partial<RegisterOptions>): Server {
  // pipectl's addresses have no scheme.
  const url = address === undefined ? found.url : /^https?:\/\//.test(address) ? address : `http://${address}`;
  if (!URL.canParse(url))
    throw new CommandFailure(EXIT.wrongUse, `--address ${url} is no address.`, 'Such as https://sluice.example.com.');
  const key =
    apiKey ??
    (apiKeyFile === undefined ? undefined : keyIn(apiKeyFile)) ??
    (address === undefined ? found.key : undefined);
  return { url: url.replace(/\/+$/, ''), ...(key !== undefined && { key }) };
}

function keyIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(EXIT.wrongUse, `--api-key-file cannot be read: ${why}`);
  }
}

function pairs(text: string, before: Record<string, string> = {}): Record<string, string> {
  const read = text.split(',').map((pair) => {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
    if (key === undefined || value === undefined) throw new InvalidArgumentError(`"${pair}" is no key=value.`);
    return [key.trim(), value] as const;
  });
  return { ...before, ...Object.fromEntries(read) };
}

function eventLine({ id, status, name, data, commit, reason }: EventDocument): string {
  const at = commit === undefined ? '' : `${commit.slice(0, 9)} `;
  return plain(`${id}  ${status.padEnd(10)}  ${name} ${data}  ${at}${reason}`);
}

/** Advice names what the caller wrote: the flags, where those were given. */
function naming({ address, apiKey, apiKeyFile }: Partial<RegisterOptions>): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof CommandFailure)) throw error;
    let fix = error.fix;
    if (address !== undefined) fix = fix?.replaceAll('SLUICE_URL', '--address');
    if (apiKey !== undefined || apiKeyFile !== undefined) {
      fix = fix?.replaceAll('SLUICE_API_KEY', apiKey === undefined ? '--api-key-file' : '--api-key');
    }
    throw new CommandFailure(error.exitCode, error.message, fix);
  };
}
