import assert from "node:assert/strict";
import { test } from "node:test";
import { raw } from "./sample.js";
import { grouped, leftOut, quantile, spread } from "../statistics.js";
import { read } from "../task.js";

const readAll = (all) => all.map((it, index) => read(it, index, Date.parse("2026-11-23T00:00:00Z")));
const RUNS = { outcome: null, endedAt: null, durationSeconds: null };

test("a quantile lies between its two neighbours", () => {
  assert.equal(quantile([], 0.5), null);
  assert.equal(quantile([7], 0.9), 7);
  assert.equal(quantile([1, 2], 0.5), 1.5);
  assert.equal(quantile([10, 20, 30, 40, 50], 0.9), 46);
  assert.equal(quantile([10, 20, 30, 40, 50], 1), 50);
});

test("a spread sorts by number", () => {
  assert.deepEqual(spread([100, 9, 20]), { min: 9, quarter: 14.5, median: 20, threeQuarters: 60, p90: 84, max: 100 });
  assert.equal(spread([]), null);
});

test("failures are counted, and do not measure how long it takes to succeed", () => {
  const tasks = readAll([
    raw({ durationSeconds: 100 }),
    raw({ durationSeconds: 300 }),
    raw({ outcome: "failed", durationSeconds: 5 }),
    raw(RUNS),
    raw({ bucket: "other", outcome: "failed", durationSeconds: 5 }),
  ]);
  const [images, other] = grouped(tasks, "bucket", true);
  assert.equal(images.name, "images");
  assert.deepEqual([images.tasks, images.failed, images.measured, images.spread.median], [4, 1, 2, 200]);
  assert.deepEqual([other.tasks, other.failed, other.measured, other.spread], [1, 1, 0, null]);
  assert.deepEqual(grouped(tasks, "bucket", false)[0].spread.median, 100);
});

test("groups with the most tasks come first, then those first in the alphabet", () => {
  const tasks = readAll([raw({ bucket: "b" }), raw({ bucket: "c" }), raw({ bucket: "a" }), raw({ bucket: "c" })]);
  assert.deepEqual(
    grouped(tasks, "bucket", true).map((it) => it.name),
    ["c", "a", "b"],
  );
});

test("what is left out of the durations is counted once each, by its reason", () => {
  const tasks = readAll([
    raw(),
    raw({ outcome: "failed" }),
    raw(RUNS),
    raw({ endedAt: "2026-11-22T10:01:00Z", durationSeconds: null }),
    raw({ kind: "import-image", beganAt: "2026-11-22T10:01:00Z", durationSeconds: null }),
  ]);
  assert.deepEqual(leftOut(tasks, true), { running: 1, endedBefore: 1, noTimes: 1, notCompleted: 1 });
  assert.equal(leftOut(tasks, false).notCompleted, 0);
});
