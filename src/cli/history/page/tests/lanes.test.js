import assert from "node:assert/strict";
import { test } from "node:test";
import { lay, span } from "../lanes.js";

const task = (index, begin, end, bucket = "a") => ({ index, begin, end, bucket });
const lanesOf = (laid) => laid.bars.map(({ task, lane }) => [task.index, lane]).sort(([a], [b]) => a - b);

test("tasks one after the other share a lane, those at once do not", () => {
  const laid = lay([task(0, 0, 10), task(1, 5, 15), task(2, 10, 20)], "", 0);
  assert.deepEqual(lanesOf(laid), [
    [0, 0],
    [1, 1],
    [2, 0],
  ]);
  assert.equal(laid.lanes, 2);
});

test("a short task takes the room in which it is drawn", () => {
  assert.equal(lay([task(0, 0, 1), task(1, 5, 6)], "", 10).lanes, 2);
  assert.equal(lay([task(0, 0, 1), task(1, 10, 11)], "", 10).lanes, 1);
});

test("each group has lanes of its own, in the order of the alphabet", () => {
  const laid = lay([task(0, 0, 10, "b"), task(1, 20, 30, "a"), task(2, 0, 10, "b")], "bucket", 0);
  assert.deepEqual(laid.bands, [
    { name: "a", from: 0, to: 1 },
    { name: "b", from: 1, to: 3 },
  ]);
  assert.deepEqual(lanesOf(laid), [
    [0, 1],
    [1, 0],
    [2, 2],
  ]);
});

test("every task has a bar, whatever the order in which they come, and no two bars of a lane overlap", () => {
  const tasks = Array.from({ length: 500 }, (_, index) => {
    const begin = (index * 7919) % 1000;
    return task(index, begin, begin + ((index * 31) % 50), `b${index % 3}`);
  });
  const laid = lay(tasks, "bucket", 4);
  assert.equal(new Set(laid.bars.map((it) => it.task.index)).size, 500);
  for (let lane = 0; lane < laid.lanes; lane += 1) {
    const bars = laid.bars.filter((it) => it.lane === lane).sort((a, b) => a.task.begin - b.task.begin);
    bars.slice(1).forEach((bar, i) => assert.ok(bar.task.begin >= bars[i].task.end));
  }
});

test("the span is from the first beginning to the last end, and never empty", () => {
  assert.deepEqual(span([task(0, 50, 70), task(1, 0, 600_000)]), { from: 0, to: 600_000 });
  assert.deepEqual(span([task(0, 5, 5)]), { from: 5, to: 60_005 });
});
