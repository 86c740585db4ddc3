import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { sudoInEntrypoint } from './c-0062-sudo.ts';

describe('C-0062 sudo', () => {
  it.each([[['sudo', 'ls']], [['/usr/bin/sudo']], [['sh', '-c', 'cd / && sudo ls']]])('fails %j', (command) => {
    expect(pathsOf(findingsOn(sudoInEntrypoint, pod({ container: { command } })), 'delete')).toHaveLength(1);
    expect(findingsOn(sudoInEntrypoint, pod({ container: { args: command } }))).toHaveLength(1);
  });

  it.each([[['sh', '-c', 'pseudo x']], [['sudoku']], [[]], ['sudo'], [null]])('passes %j', (command) => {
    expect(findingsOn(sudoInEntrypoint, pod({ container: { command } }))).toEqual([]);
  });
});
