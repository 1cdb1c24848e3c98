/** Tasks that people look for, by what they type. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CoreStage } from './core-stage.js';

const test = suite('master/find-tasks');

test('a text is a part of an id, of an algorithm, of a state or of a tag', () => {
  const stage = new CoreStage();
  stage.join(0);
  for (const tag of ['Blue', 'red', 7]) stage.submit({ tag });
  stage.core.dispatch(0);
  stage.submit({ tag: { not: 'a text' } });
  const find = (text: string, state = ''): string[] =>
    stage.core.findTasks({ state, text }).tasks.map(({ taskId }) => taskId);
  const running = stage.core.roster.findByNumber(0)?.outstanding ?? 0;
  assert.is(running, 2);
  assert.equal(find('running'), ['TASK-0', 'TASK-1']);
  assert.equal(find('QUEUED'), ['TASK-2', 'TASK-3']);
  assert.equal([find('blue'), find('7'), find('task-3')], [['TASK-0'], ['TASK-2'], ['TASK-3']]);
  assert.equal([find('work', 'queued'), find('red', 'queued')], [['TASK-2', 'TASK-3'], []]);
  assert.equal(find('not'), []);
});

test.run();
