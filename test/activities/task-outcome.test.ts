import { describe, expect, it } from 'vitest';
import { judgeTask, type EndedTask } from '../../activities/ecs/task-outcome.js';

const ENDED = { stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited' };

interface Case {
  title: string;
  task: EndedTask;
  essential?: string[];
  passed: boolean;
  words: RegExp;
  notice?: RegExp;
}

const CASES: Case[] = [
  {
    title: 'one container, exit code 0',
    task: { ...ENDED, containers: [{ name: 'migrate', exitCode: 0 }] },
    passed: true,
    words: /^migrate ended with exit code 0\.$/,
  },
  {
    title: 'a stop code that ECS did not give',
    task: { containers: [{ name: 'migrate', exitCode: 0 }] },
    passed: true,
    words: /exit code 0/,
  },
  {
    title: 'another exit code',
    task: { ...ENDED, containers: [{ name: 'migrate', exitCode: 3, reason: 'out of luck' }] },
    passed: false,
    words: /^Essential container in task exited: migrate ended with exit code 3 \(out of luck\)\.$/,
  },
  {
    title: 'no exit code is no zero',
    task: { ...ENDED, containers: [{ name: 'migrate', reason: 'OutOfMemoryError: killed' }] },
    passed: false,
    words: /migrate ended without an exit code \(OutOfMemoryError: killed\)/,
  },
  {
    title: 'a container that ECS does not tell of',
    task: { ...ENDED, containers: [] },
    passed: false,
    words: /migrate ended without an exit code/,
  },
  {
    title: 'an essential helper that ECS ended with a signal',
    task: {
      ...ENDED,
      containers: [
        { name: 'migrate', exitCode: 0 },
        { name: 'agent', exitCode: 143 },
      ],
    },
    essential: ['migrate', 'agent'],
    passed: false,
    words: /agent ended with exit code 143\. All essential containers count; .*essential: false/,
  },
  {
    title: 'the same helper, not essential',
    task: {
      ...ENDED,
      containers: [
        { name: 'migrate', exitCode: 0 },
        { name: 'agent', exitCode: 143 },
      ],
    },
    passed: true,
    words: /^migrate ended with exit code 0\.$/,
    notice: /Not essential: agent ended with exit code 143\./,
  },
  {
    title: 'stopped by somebody, and well behaved',
    task: { stopCode: 'UserInitiated', stoppedReason: 'not today', containers: [{ name: 'migrate', exitCode: 0 }] },
    passed: false,
    words: /did not come to its end, for somebody stopped it: not today/,
  },
  {
    title: 'never started',
    task: {
      stopCode: 'TaskFailedToStart',
      stoppedReason: 'CannotPullContainerError: not found',
      containers: [{ name: 'migrate' }],
    },
    passed: false,
    words: /could not start: CannotPullContainerError: not found\.$/,
  },
  {
    title: 'Spot taken back',
    task: { stopCode: 'SpotInterruption', containers: [{ name: 'migrate', exitCode: 137 }] },
    passed: false,
    words: /Spot capacity was taken back: migrate ended with exit code 137/,
  },
];

describe('how a standalone task ended', () => {
  it.each(CASES)('$title', ({ task, essential = ['migrate'], passed, words, notice }) => {
    const outcome = judgeTask(task, essential);
    expect(outcome.passed).toBe(passed);
    expect(outcome.words).toMatch(words);
    if (notice) expect(outcome.notice).toMatch(notice);
    else expect(outcome.notice).toBeUndefined();
  });
});
