import assert from "node:assert/strict";
import { test } from "node:test";
import { facts } from "../facts.js";
import { raw } from "./sample.js";
import { read } from "../task.js";

const MADE_AT = Date.parse("2026-11-22T12:00:00Z");

const RUNS = { state: "InProgress", outcome: null, endedAt: null, durationSeconds: null };
const STALLED = { outcome: "stalled", observedAt: "2026-11-22T11:00:00Z", sinks: { topic: "2026-11-22T11:00:01Z" } };
const readOne = (changes) => read(raw(changes), 0, MADE_AT);

test("a task that has not ended reaches to when the page was made", () => {
  const task = readOne(RUNS);
  assert.equal(task.status, "running");
  assert.equal(task.end, MADE_AT);
  assert.equal(task.seconds, null);
});

test("a task that was told as stalled and has not ended is stalled", () => {
  assert.equal(readOne({ ...RUNS, told: [STALLED] }).status, "stalled");
  assert.equal(readOne({ ...RUNS, untold: [{ outcome: "stalled", sinks: ["topic"] }] }).status, "stalled");
  assert.equal(readOne({ told: [STALLED] }).status, "completed");
});

test("a task of which nothing more can be learned is unknown, and so is an outcome of a later version", () => {
  assert.equal(readOne({ outcome: null, agedOut: true, durationSeconds: null }).status, "unknown");
  assert.equal(readOne({ outcome: "paused" }).status, "unknown");
});

test("an end before the beginning draws no bar backwards", () => {
  const task = readOne({ endedAt: "2026-11-22T09:00:00Z" });
  assert.equal(task.end, task.begin);
});

test("an end that was only found is said to be the latest possible", () => {
  const found = readOne({ endedAt: "2026-11-22T10:01:00Z", durationSeconds: null });
  const said = Object.fromEntries(facts(found, MADE_AT));
  assert.equal(said.Ended, "at the latest 2026-11-22 10:01:00");
  assert.equal(said.Took, "unknown");
});

test("the facts of a task say everything once", () => {
  const told = [{ outcome: "completed", observedAt: "2026-11-22T10:30:10Z", sinks: { topic: "2026-11-22T10:30:11Z" } }];
  assert.deepEqual(facts(readOne({ told, untold: [{ outcome: "completed", sinks: ["bus"] }] }), MADE_AT), [
    ["Outcome", "completed"],
    ["State", "Completed"],
    ["Kind", "store-image"],
    ["Task", "ami-1"],
    ["AMI", "ami-1"],
    ["Bucket", "images"],
    ["Region", "us-east-1"],
    ["Account", "123456789012"],
    ["Started", "2026-11-22 10:00:00"],
    ["First seen", "2026-11-22 10:01:00"],
    ["Ended", "2026-11-22 10:30:10"],
    ["Took", "30 minutes 10 seconds"],
    ["Told", "completed to topic at 2026-11-22 10:30:11; completed waits for bus"],
  ]);
});

test("a running task says for how long, and a start that EC2 did not give is none", () => {
  const said = Object.fromEntries(facts(readOne({ ...RUNS, beganAt: "2026-11-22T10:01:00Z" }), MADE_AT));
  assert.equal(said.Ended, "runs");
  assert.equal(said.Took, "runs for 1 hour 59 minutes");
  assert.equal(said.Started, undefined);
  assert.equal(said["First seen"], "2026-11-22 10:01:00");
});
