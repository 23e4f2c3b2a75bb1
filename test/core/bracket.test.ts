import fc from 'fast-check';
import { next } from '../../lambda/core/bracket';
import { ModelBracket, turns, worlds } from './modelBracket';
import { inWords, situation, type Given } from './situations';

const running = 'orders Running, invoices Running';
const stopped = 'orders Stopped, invoices Stopped';

describe('on the way in', () => {
  test.each<[string, Given, string]>([
    ['nothing was read yet', { sees: null }, 'look'],
    ['a first run', { sees: running }, 'promise orders, invoices'],
    ['promised, not stopped', { sees: running, promised: 'orders, invoices' }, 'stop orders, invoices'],
    ['promised, something done since', { sees: null, promised: 'orders' }, 'look'],
    [
      'one STOP has not shown yet',
      { sees: 'orders Stopped, invoices Running', promised: 'orders, invoices' },
      'stop invoices',
    ],
    ['all is stopped', { sees: stopped, promised: 'orders, invoices' }, 'alter'],
    ['nothing runs: the journal is opened all the same', { sees: 'archive Stopped' }, 'promise nothing'],
    ['no pipeline uses the link', { sees: '' }, 'promise nothing'],
    ['opened, and nothing to stop', { sees: 'archive Stopped', promised: '' }, 'alter'],
    [
      'a newcomer is promised before it is stopped',
      { sees: `${running}, fresh Running`, promised: 'orders, invoices' },
      'promise fresh',
    ],
    [
      'a newcomer that was promised',
      { sees: 'orders Stopped, fresh Running', promised: 'orders, fresh' },
      'stop fresh',
    ],
    [
      'what a former STOP may stop yet is a member from the first',
      { sees: 'orders Running, late Stopped', owed: 'late' },
      'promise orders, late',
    ],
    ['... and is left out when it was dropped', { sees: 'orders Running', owed: 'late' }, 'promise orders'],
    ['a member in an unknown state is on its way', { sees: 'orders Stopping', promised: 'orders' }, 'stop orders'],
    ['a member that somebody started again', { sees: 'orders Running', promised: 'orders' }, 'stop orders'],
    [
      'stopped, in Error and Detached before',
      { sees: 'a Stopped, b Error, c Detached, orders Running' },
      'promise orders',
    ],
    ['... are neither promised nor stopped', { sees: 'a Stopped, b Error, c Detached', promised: '' }, 'alter'],
    [
      'a member that was dropped',
      { sees: 'invoices Stopped', users: 'orders, invoices', promised: 'orders, invoices' },
      'alter',
    ],
    ['another letter case', { sees: 'orders RUNNING, a stopped, b ERROR, c detached' }, 'promise orders'],
    [
      'a member that was dropped and made anew, and runs, is promised once more',
      { sees: 'orders Running', promised: 'orders', remade: 'orders' },
      'promise orders',
    ],
    ['... and is no hindrance at rest', { sees: 'orders Stopped', promised: 'orders', remade: 'orders' }, 'alter'],
    [
      '... and blocks its link in a state that is not known',
      { sees: 'orders Stopping', promised: 'orders', remade: 'orders' },
      'give up PIPELINE_BUSY',
    ],
    [
      '... and is not owed a start',
      { sees: 'orders Running, late Stopped', owed: 'late', remade: 'late' },
      'promise orders',
    ],
    [
      'a pipeline of another link is let be',
      { sees: 'orders Stopped, stranger Running', users: 'orders', promised: 'orders' },
      'alter',
    ],
  ])('%s', (_, given, remains) => {
    expect(inWords(next(situation(given)))).toBe(remains);
  });

  test.each<[string, Given, string]>([
    [
      'a member that our credentials drove into Error',
      { sees: 'orders Running, lost Error', driven: 'lost' },
      'promise orders, lost',
    ],
    ['... alone', { sees: 'lost Error', driven: 'lost' }, 'promise lost'],
    [
      '... promised: it does not keep the link from changing',
      { sees: 'lost Error', driven: 'lost', promised: 'lost' },
      'alter',
    ],
    ['... that somebody started is named once', { sees: 'lost Running', driven: 'lost' }, 'promise lost'],
    [
      '... that somebody dropped, and made anew',
      { sees: 'lost Stopped, orders Running', driven: 'lost' },
      'promise orders',
    ],
    ['... and is stopped', { sees: 'lost Running', driven: 'lost', promised: 'lost' }, 'stop lost'],
  ])('%s', (_, given, remains) => {
    expect(inWords(next(situation(given)))).toBe(remains);
  });

  test.each(['Testing', 'Profiling', 'Running...Foreground', 'Paused', 'Starting', ''])(
    'a pipeline in state "%s" blocks its link, before and in the pause',
    (state) => {
      const sees = `orders Stopped, audit ${state}`;
      expect(inWords(next(situation({ sees })))).toBe('give up PIPELINE_BUSY');
      expect(inWords(next(situation({ sees, promised: 'orders' })))).toBe('give up PIPELINE_BUSY');
      expect(inWords(next(situation({ sees, users: 'orders', promised: 'orders' })))).toBe('alter');
    },
  );

  test('what blocks is named with its states', () => {
    const told = (sees: string) => next(situation({ sees }));
    expect(told('audit Testing')).toMatchObject({
      failure: { what: "`shop`.`audit` (Testing): in somebody's session, or in a state that is not known" },
    });
    expect(told('audit Testing, orders Running, nightly Profiling')).toMatchObject({
      failure: {
        what: "`shop`.`audit` (Testing), `shop`.`nightly` (Profiling): in somebody's session, or in a state that is not known",
      },
    });
  });
});

describe('on the way out', () => {
  test.each<[string, Given, string]>([
    ['the link is changed', { sees: stopped, promised: 'orders, invoices', change: 'made' }, 'start orders, invoices'],
    [
      'one runs already',
      { sees: 'orders Stopped, invoices Running', promised: 'orders, invoices', change: 'made' },
      'start orders',
    ],
    ['all run', { sees: running, promised: 'orders, invoices', change: 'made' }, 'close'],
    ['nothing was paused', { sees: 'archive Stopped', promised: '', change: 'made' }, 'close'],
    ['after a START all is read again', { sees: null, promised: 'orders', change: 'made' }, 'look'],
    [
      'found stopped, in Error or Detached',
      { sees: 'a Stopped, b Error, c Detached', promised: '', change: 'made' },
      'close',
    ],
    ['a newcomer is let be', { sees: 'orders Running, fresh Running', promised: 'orders', change: 'made' }, 'close'],
    ['a member that went into Error by itself', { sees: 'orders Error', promised: 'orders', change: 'made' }, 'close'],
    ['a member that somebody detached', { sees: 'orders Detached', promised: 'orders', change: 'made' }, 'close'],
    ['a member that was dropped', { sees: 'invoices Running', promised: 'orders, invoices', change: 'made' }, 'close'],
    [
      'a member that was dropped, made anew and left Stopped',
      { sees: 'orders Stopped, invoices Stopped', promised: 'orders, invoices', remade: 'invoices', change: 'made' },
      'start orders',
    ],
    [
      '... and driven into Error by our credentials',
      { sees: 'orders Error', promised: 'orders', remade: 'orders', driven: 'orders', change: 'made' },
      'start orders',
    ],
    ['another letter case', { sees: 'orders STOPPED', promised: 'orders', change: 'made' }, 'start orders'],
    [
      'busy pipelines keep nobody paused',
      { sees: 'orders Stopped, audit Testing', promised: 'orders', change: 'made' },
      'start orders',
    ],
    [
      'driven into Error, and stopped',
      { sees: 'lost Error, orders Stopped', driven: 'lost', promised: 'lost, orders', change: 'made' },
      'start lost, orders',
    ],
    ['driven, and started once', { sees: 'lost Error', promised: 'lost', change: 'made' }, 'close'],
    ['driven, not promised', { sees: 'lost Error', driven: 'lost', promised: '', change: 'made' }, 'close'],
    [
      'driven, and somebody dropped it',
      { sees: 'orders Running', driven: 'lost', promised: 'lost, orders', change: 'made' },
      'close',
    ],
    [
      'driven, and somebody detached it',
      { sees: 'lost Detached', driven: 'lost', promised: 'lost', change: 'made' },
      'close',
    ],
  ])('%s', (_, given, remains) => {
    expect(inWords(next(situation(given)))).toBe(remains);
  });

  test.each<[string, Given, string]>([
    ['a failure before the journal was opened', { sees: running, failed: 'PIPELINE_BUSY' }, 'close'],
    ['... is no reason to start what is stopped', { sees: stopped, failed: 'PIPELINE_BUSY' }, 'close'],
    [
      '... nor what our credentials drove into Error',
      { sees: 'lost Error', driven: 'lost', failed: 'PIPELINE_BUSY' },
      'close',
    ],
    [
      'a failure in the pause',
      { sees: stopped, promised: 'orders, invoices', failed: 'ALTER_REFUSED' },
      'start orders, invoices',
    ],
    [
      'a failure while newcomers run',
      { sees: 'orders Stopped, fresh Running', promised: 'orders', failed: 'NEWCOMERS' },
      'start orders',
    ],
    ['a failure, and all run again', { sees: running, promised: 'orders, invoices', failed: 'ALTER_REFUSED' }, 'close'],
    [
      'a failure is not forgotten for a busy pipeline',
      { sees: 'audit Testing', promised: '', failed: 'STOP_REFUSED' },
      'close',
    ],
  ])('%s', (_, given, remains) => {
    expect(inWords(next(situation(given)))).toBe(remains);
  });

  test.each<[string, Given, string]>([
    ['nothing was read yet', { sees: null, promised: 'orders' }, 'look'],
    ['killed between STOP and START', { sees: stopped, promised: 'orders, invoices' }, 'start orders, invoices'],
    ['killed before the first STOP', { sees: running, promised: 'orders, invoices' }, 'close'],
    ['killed after the last START', { sees: running, promised: 'orders, invoices' }, 'close'],
    [
      'a newcomer runs: the link is not changed',
      { sees: 'orders Running, fresh Running', promised: 'orders' },
      'close',
    ],
    ['a member made anew and left Stopped', { sees: 'orders Stopped', promised: 'orders', remade: 'orders' }, 'close'],
    ['stopped, and not of the set', { sees: 'orders Running, archive Stopped', promised: 'orders' }, 'close'],
    ['driven into Error', { sees: 'orders Error', driven: 'orders', promised: 'orders' }, 'start orders'],
    ['a busy pipeline gives nothing up', { sees: 'orders Stopped, audit Testing', promised: 'orders' }, 'start orders'],
    [
      "its predecessor's connections are ended first",
      { sees: null, promised: 'orders', unanswered: [3, 4] },
      'kill 3, 4',
    ],
  ])('a resumed run, %s', (_, given, remains) => {
    expect(inWords(next(situation({ ...given, aim: 'resume' })))).toBe(remains);
  });
});

describe('when an answer is lost', () => {
  test.each<[string, Given, string]>([
    [
      'of STOP: its connection is ended before anything else',
      { sees: null, promised: 'orders', failed: 'STOP_UNANSWERED', unanswered: [7] },
      'kill 7',
    ],
    [
      '... also if the states are known',
      { sees: stopped, promised: 'orders', failed: 'STOP_UNANSWERED', unanswered: [7] },
      'kill 7',
    ],
    [
      '... then all is read again',
      { sees: null, promised: 'orders', failed: 'STOP_UNANSWERED', unanswered: [7], killed: true },
      'look',
    ],
    [
      '... nothing waits for it: what is stopped is started',
      { sees: 'orders Stopped', promised: 'orders', failed: 'STOP_UNANSWERED', unanswered: [7], killed: true },
      'start orders',
    ],
    [
      '... but it is not closed while the STOP may still act',
      { sees: 'orders Running', promised: 'orders', failed: 'STOP_UNANSWERED', unanswered: [7], killed: true },
      'kill 7',
    ],
    ['... the STOP did act', { sees: 'orders Stopped', promised: 'orders', failed: 'STOP_UNANSWERED' }, 'start orders'],
    [
      '... its connection is gone',
      { sees: 'orders Running', promised: 'orders', failed: 'STOP_UNANSWERED', killed: true },
      'close',
    ],
    [
      'of a run before, and still there: nothing is paused until it is ended',
      { sees: 'orders Running', unanswered: [3], killed: true },
      'kill 3',
    ],
    ['of ALTER: its connection is ended', { sees: null, promised: 'orders', unanswered: [7] }, 'kill 7'],
    [
      '... it is still there: no second ALTER',
      { sees: 'orders Stopped', promised: 'orders', unanswered: [7], killed: true },
      'kill 7',
    ],
    ['... it is gone: the same ALTER again', { sees: 'orders Stopped', promised: 'orders', killed: true }, 'alter'],
    [
      '... somebody started a member meanwhile',
      { sees: 'orders Running', promised: 'orders', killed: true },
      'stop orders',
    ],
    [
      '... too often',
      { sees: 'orders Stopped', promised: 'orders', failed: 'ALTER_UNANSWERED', unanswered: [7], killed: true },
      'start orders',
    ],
    [
      'of START: it must not act after the close',
      { sees: 'orders Running', promised: 'orders', change: 'made', unanswered: [7, 8] },
      'kill 7, 8',
    ],
    [
      'of START, and still there',
      { sees: 'orders Running', promised: 'orders', change: 'made', unanswered: [7], killed: true },
      'kill 7',
    ],
    [
      'before anything was paused',
      { sees: running, failed: 'CONNECTION_LOST', unanswered: [7], killed: true },
      'close',
    ],
  ])('%s', (_, given, remains) => {
    expect(inWords(next(situation(given)))).toBe(remains);
  });
});

test('whatever is lost, refused or done by others, and wherever a run dies, nothing that was paused stays paused', () => {
  fc.assert(
    fc.property(worlds, turns, (world, script) => {
      const model = new ModelBracket(world, script);
      model.runToTheEnd(); // throws as soon as a promise is broken
      expect(model.leftPaused()).toEqual([]);
    }),
    { numRuns: 3_000 },
  );
});

test('without faults and interference the link is changed, in one pause and one START for each pipeline', () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const model = new ModelBracket(world, []);
      model.runToTheEnd();
      const busy = world.some(({ state }) => state === 'Testing');
      expect(model.changed).toBe(!busy);
      expect(model.statesNow()).toEqual(
        new Map(world.map(({ name, state, driven }) => [name, driven && !busy ? 'Running' : state])),
      );
      expect(model.stops).toBe(busy ? 0 : world.filter(({ state }) => state === 'Running').length);
    }),
    { numRuns: 300 },
  );
});
