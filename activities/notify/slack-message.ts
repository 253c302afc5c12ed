import type { EventName, Mentioned, Notice } from '../../model/notification.js';

/** Slack cuts what is longer. */
const LONGEST = 2_500;

const GOOD = '#2e7d32';
const BAD = '#c62828';
const ATTENTION = '#f9a825';
const PLAIN = '#607d8b';

/** What each event says of its subject, and its colour. */
const WORDS: Record<EventName, [string, string]> = {
  DEPLOYMENT_TRIGGERED: ['was asked for', PLAIN],
  DEPLOYMENT_PLANNED: ['is planned', PLAIN],
  DEPLOYMENT_STARTED: ['has begun', PLAIN],
  DEPLOYMENT_WAIT_APPROVAL: ['waits for an approval', ATTENTION],
  DEPLOYMENT_APPROVED: ['was approved', PLAIN],
  DEPLOYMENT_ROLLING_BACK: ['is rolling back', BAD],
  DEPLOYMENT_SUCCEEDED: ['has succeeded', GOOD],
  DEPLOYMENT_FAILED: ['has failed', BAD],
  DEPLOYMENT_CANCELLED: ['was cancelled', ATTENTION],
  DEPLOYMENT_TRIGGER_FAILED: ['could not be deployed', BAD],
  CHAIN_FAILED: ['is followed by a chain that failed', BAD],
  WAITING_APPROVAL: ['still waits for an approval', ATTENTION],
  INCONCLUSIVE: ['could not be judged', ATTENTION],
  ROLLBACK_FAILED: ['cannot finish its rollback', BAD],
  STAGE_STARTED: ['has begun', PLAIN],
  STAGE_SKIPPED: ['was skipped', PLAIN],
  STAGE_SUCCEEDED: ['has succeeded', GOOD],
  STAGE_FAILED: ['has failed', BAD],
  STAGE_CANCELLED: ['was cancelled', ATTENTION],
  APPLICATION_SYNCED: ['is as its files say', GOOD],
  APPLICATION_OUT_OF_SYNC: ['differs from its files', ATTENTION],
  APPLICATION_HEALTHY: ['is healthy', GOOD],
  EVENT_FAILED: ['has an event that is not handled', BAD],
  PIPED_STARTED: ['has started', PLAIN],
  PIPED_STOPPED: ['has stopped', PLAIN],
};

/** What somebody should see who does not follow the thread: shown in the channel too. */
const FOR_ALL: ReadonlySet<EventName> = new Set<EventName>([
  'DEPLOYMENT_WAIT_APPROVAL',
  'WAITING_APPROVAL',
  'INCONCLUSIVE',
  'DEPLOYMENT_ROLLING_BACK',
  'DEPLOYMENT_FAILED',
  'ROLLBACK_FAILED',
  'CHAIN_FAILED',
]);

export interface SlackMessage {
  text: string;
  attachments: {
    color: string;
    fallback: string;
    text: string;
    mrkdwn_in: ['text'];
    fields: { title: string; value: string; short: boolean }[];
  }[];
  /** A link in a reason is not to grow a preview. */
  unfurl_links: false;
}

/** Slack's three special characters: nobody's reason may call people or make links. */
function plain(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text;
}

function subjectOf(notice: Notice): string {
  if ('deployment' in notice && !notice.event.startsWith('APPLICATION_')) {
    return notice.deployment;
  }
  if ('worker' in notice) return `Worker ${notice.worker}`;
  if ('app' in notice) return notice.app;
  return 'repository' in notice ? `Repository ${notice.repository}` : 'Sluice';
}

function titleOf(notice: Notice): string {
  const [words] = WORDS[notice.event];
  const rolledBack = notice.event === 'DEPLOYMENT_FAILED' && notice.status === 'ROLLED_BACK';
  const stage = 'stage' in notice ? `, stage ${notice.stage.id} (${notice.stage.name})` : '';
  const subject = plain(`${subjectOf(notice)}${stage}`);
  const linked = notice.page === undefined ? subject : `<${notice.page}|${subject}>`;
  return `${linked} ${rolledBack ? 'was rolled back' : words}`;
}

function fieldsOf(notice: Notice): SlackMessage['attachments'][number]['fields'] {
  const all: [string, string | undefined][] = [
    ['Application', 'app' in notice ? notice.app : undefined],
    ['Image', 'image' in notice ? notice.image : undefined],
    ['Commit', 'commit' in notice ? notice.commit.slice(0, 9) : undefined],
    ['Asked for by', 'by' in notice ? notice.by : undefined],
    ['Repository', 'repository' in notice ? notice.repository : undefined],
  ];
  return all.flatMap(([title, value]) => (value ? [{ title, value: plain(value), short: title !== 'Image' }] : []));
}

function callsOf(...called: (Mentioned | undefined)[]): string {
  const users = called.flatMap((one) => one?.users ?? []);
  const groups = called.flatMap((one) => one?.groups ?? []);
  return [
    ...[...new Set(users)].map((id) => `<@${plain(id)}>`),
    ...[...new Set(groups)].map((id) => `<!subteam^${plain(id)}>`),
  ].join(' ');
}

/** Whether a notice is shown in the channel although it belongs into a thread. */
export function isForAll(notice: Notice): boolean {
  return FOR_ALL.has(notice.event);
}

/**
 * A notice as a Slack message: its title as text, since only what is said there calls people; the rest below it, coloured.
 * @param always those whom the receiver's configuration has called each time
 */
export function slackMessage(notice: Notice, always: Mentioned): SlackMessage {
  const title = titleOf(notice);
  const calls = callsOf(always, 'mention' in notice ? notice.mention : undefined);
  const commands = 'commands' in notice ? `\n\`\`\`${notice.commands.join('\n')}\`\`\`` : '';
  return {
    text: calls ? `${calls} ${title}` : title,
    attachments: [
      {
        color: WORDS[notice.event][1],
        fallback: cut(plain(notice.reason)),
        text: cut(`${plain(notice.reason)}${plain(commands)}`),
        mrkdwn_in: ['text'],
        fields: fieldsOf(notice),
      },
    ],
    unfurl_links: false,
  };
}
