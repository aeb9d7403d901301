/** Memory for images that threads share: a large image's is used again, by whoever needs it next. */
import test from 'ava';
import { LARGE, LargeMemories, SharedImageBuffer } from '../../../plugin/scan/shared-buffer.js';

test('small images stay in the memory of their place', (t) => {
  const memories = new LargeMemories();
  const [one, other] = [new SharedImageBuffer(memories), new SharedImageBuffer(memories)];
  const first = one.reserve(1000);
  t.true(first.buffer instanceof SharedArrayBuffer);
  t.true(first.length >= 1000);
  t.not(other.reserve(1000).buffer, first.buffer);
  one.done();
  t.is(one.reserve(900).buffer, first.buffer);
});

test('the memory of a large image goes to the next place that has one, not before it is done with', (t) => {
  const memories = new LargeMemories();
  const [one, other] = [new SharedImageBuffer(memories), new SharedImageBuffer(memories)];
  const first = one.reserve(LARGE + 1).buffer;
  t.not(other.reserve(LARGE + 1).buffer, first);
  one.done();
  one.done();
  t.not(one.reserve(100).buffer, first);
  const third = new SharedImageBuffer(memories).reserve(LARGE + 1);
  t.is(third.buffer, first);
});

test('what is too small for the next image is let go of', (t) => {
  const memories = new LargeMemories();
  memories.give(memories.take(3 * LARGE));
  const larger = memories.take(9 * LARGE);
  t.true(larger.byteLength >= 9 * LARGE && larger.byteLength <= 9 * LARGE * 1.25);
  memories.give(larger);
  t.is(memories.take(LARGE), larger);
  t.not(memories.take(3 * LARGE), larger);
});

test('a read that asks twice has room for the second size', (t) => {
  const memories = new LargeMemories();
  const buffer = new SharedImageBuffer(memories);
  const first = buffer.reserve(2 * LARGE).buffer;
  t.true(buffer.reserve(5 * LARGE).length >= 5 * LARGE);
  buffer.done();
  t.not(memories.take(5 * LARGE), first);
});
