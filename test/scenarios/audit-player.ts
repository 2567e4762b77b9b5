// Plays scenarios of audits. Inputs:
//   joined 1 lab-1 10.0.0.1 | gone 1
//   accepted 1 step 3 attempt 9 block 2:0 [drawn] [doubled 2,4]
//   accepted 1 validation 22 attempt 9 part 3 [drawn]        an evaluation with the parameters that step 22 reads; also: test
//   unneeded 1 step 3 attempt 9 block 2:0 doubled 2 | owed 1 step 3 attempt 9 block 2:0
//   computed 1 step 3 attempt 9 block 2:0 same | differs | not answered
//   came 1 step 3 attempt 9 block 2:0 same | differs
//   settled | went-back 4
//   asks lab-1 10.0.0.1       whether somebody with that name and address may take part
//   state                     what is to be computed, and which states are to be kept

import type { Answer, AuditEffect, AuditEvent } from '../../coordinator/audit/audit-events.ts';
import { AuditMachine, subjectText } from '../../coordinator/audit/audit-machine.ts';
import type { Player } from './scenario.ts';

export function auditPlayer(): Player {
  let machine = new AuditMachine();
  return (input) => {
    const words = input.split(' ');
    switch (words[0]) {
      case 'setup':
        machine = new AuditMachine();
        return [];
      case 'asks':
        return [machine.refusal(words[1]!, words[2]!) ?? 'may take part'];
      case 'state':
        return [
          `${machine.settled ? 'settled' : 'to be computed'}; keep ${machine.cleanSteps.join(', ') || 'nothing'}`,
        ];
      default:
        return machine.handle(eventOf(words)).map(shown);
    }
  };
}

function eventOf(words: readonly string[]): AuditEvent {
  const workerId = Number(words[1]);
  const doubled = (words[words.indexOf('doubled') + 1] ?? '').split(',').map(Number);
  switch (words[0]) {
    case 'joined':
      return { type: 'joined', workerId, name: words[2]!, host: words[3]! };
    case 'gone':
      return { type: 'gone', workerId };
    case 'settled':
      return { type: 'settled' };
    case 'went-back':
      return { type: 'went-back', step: Number(words[1]) };
    case 'accepted': {
      const also = words.includes('doubled') ? doubled : [];
      return { type: 'accepted', ...answerOf(words), drawn: words.includes('drawn'), doubled: also };
    }
    case 'unneeded':
      return { type: 'unneeded', ...answerOf(words), doubled };
    case 'owed':
      return { type: 'owed', ...answerOf(words) };
    case 'computed':
      return { type: 'computed', ...answerOf(words), same: words.includes('not') ? null : words.includes('same') };
    case 'came':
      return { type: 'came', ...answerOf(words), same: words.includes('same') };
  }
  throw new Error(`unknown input: ${words.join(' ')}`);
}

function answerOf(words: readonly string[]): Answer {
  const split = words[2] === 'step' ? null : (words[2] as 'validation' | 'test');
  const [level, index] = words[6] === 'block' ? words[7]!.split(':').map(Number) : [0, Number(words[7])];
  const block = { level: level!, index: index! };
  return { workerId: Number(words[1]), step: Number(words[3]), split, attempt: Number(words[5]), block };
}

function shown(effect: AuditEffect): string {
  switch (effect.type) {
    case 'compute':
      return `compute ${subjectText(effect)} of worker ${effect.workerId} - ${effect.reason}`;
    case 'convict':
      return `convict ${effect.workerId}${effect.undoes ? '' : ', nothing to undo'} - ${effect.reason}`;
    case 'go-back':
      return `go back to step ${effect.step} or before - ${effect.reason}`;
  }
}
