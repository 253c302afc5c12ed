import { describe, expect, it } from 'vitest';
import { edited, errors, parse, warnings } from './support.js';

const withMentions = (lines: string) =>
  parse(edited(['app.pipecd.yaml', '  name: canary', `  name: canary\n  notification:\n    mentions:\n${lines}`]));

describe('notification.mentions', () => {
  it('are kept with the release, in PipeCD’s old and new fields and in any case', () => {
    const parsed = withMentions(
      [
        '      - {event: DEPLOYMENT_FAILED, slackusers: [U1], slackGroups: [S1]}',
        '      - {event: "*", slack: [U2, U2]}',
        '      - {event: ROLLBACK_FAILED}',
      ].join('\n'),
    );
    expect(errors(parsed)).toEqual([]);
    expect(parsed.release?.mentions).toEqual([
      { event: 'DEPLOYMENT_FAILED', users: ['U1'], groups: ['S1'] },
      { event: '*', users: ['U2'], groups: [] },
    ]);
  });

  it('are absent where none are written', () => {
    expect(parse(edited()).release).not.toHaveProperty('mentions');
  });

  it('name an event that there is', () => {
    const [error] = errors(withMentions('      - {event: DEPLOYMENT_FINISHED, slackUsers: [U1]}'));
    expect(error).toMatchObject({ field: 'spec.notification.mentions[0].event' });
    expect(error?.message).toContain('DEPLOYMENT_SUCCEEDED');
  });

  it('say that nobody is called for what is of no application', () => {
    const parsed = withMentions('      - {event: PIPED_STARTED, slackUsers: [U1]}');
    expect(errors(parsed)).toEqual([]);
    expect(warnings(parsed).map(({ field }) => field)).toContain('spec.notification.mentions[0].event');
  });

  it('say that nobody is mailed, as in PipeCD', () => {
    const parsed = withMentions('      - {event: "*", email: [a@example.com]}');
    expect(errors(parsed)).toEqual([]);
    expect(warnings(parsed).map(({ field }) => field)).toContain('spec.notification.mentions[0].email');
    expect(parsed.release).not.toHaveProperty('mentions');
  });
});
