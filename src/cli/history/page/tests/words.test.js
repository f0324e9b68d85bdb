import assert from "node:assert/strict";
import { test } from "node:test";
import { counted, day, duration, plain, shortDuration, thousands, time } from "../words.js";

test("a duration has its two largest units", () => {
  assert.equal(duration(0), "less than a second");
  assert.equal(duration(1), "1 second");
  assert.equal(duration(60), "1 minute");
  assert.equal(duration(1810), "30 minutes 10 seconds");
  assert.equal(duration(3600), "1 hour");
  assert.equal(duration(3605), "1 hour");
  assert.equal(duration(3660), "1 hour 1 minute");
  assert.equal(duration(90_000), "1 day 1 hour");
  assert.equal(duration(2 * 86_400 + 59), "2 days");
});

test("a duration is rounded before it is split, so that no unit overflows", () => {
  assert.equal(duration(59.6), "1 minute");
  assert.equal(duration(0.2), "less than a second");
});

test("an axis has short durations", () => {
  assert.equal(shortDuration(0), "0");
  assert.equal(shortDuration(5400), "1 h 30 min");
  assert.equal(shortDuration(86_400), "1 d");
  assert.equal(shortDuration(61), "1 min 1 s");
});

test("times are UTC to the second", () => {
  assert.equal(time(Date.parse("2026-11-22T00:40:10.456789Z")), "2026-11-22 00:40:10");
  assert.equal(time(NaN), "unknown");
  assert.equal(day(Date.parse("2026-11-22T23:59:59Z")), "22 November 2026");
});

test("numbers are grouped and counted", () => {
  assert.equal(thousands(1234567), "1,234,567");
  assert.equal(thousands(999), "999");
  assert.equal(counted(1, "task"), "1 task");
  assert.equal(counted(5000, "task"), "5,000 tasks");
  assert.equal(counted(2, "is", "are"), "2 are");
});

test("hidden characters are dropped and white space becomes one space", () => {
  assert.equal(plain(" a\u202Eb\u0000 \n\t c\u2028d "), "ab c d");
  assert.equal(plain("a\u200b\u{e0041}b"), "ab");
  assert.equal(plain("a \u200b b"), "a b");
  assert.equal(plain("a\ufeffb"), "ab");
  assert.equal(plain("<img src=x onerror=alert(1)>"), "<img src=x onerror=alert(1)>");
});
