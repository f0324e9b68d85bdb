// How things are said: durations, times and numbers. All as the Rust side says them.

// What shows nothing, moves the cursor or changes the direction of the text around it, as
// `is_hidden` in src/render/text.rs has it.
const HIDDEN =
  /[\p{Cc}\u00ad\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\u{e0000}-\u{e0fff}]/gu;

/** The text on one line, without hidden characters. */
export function plain(text) {
  return String(text)
    .replace(/(?!\ufeff)[\s\u0085]/gu, " ")
    .replace(HIDDEN, "")
    .replace(/ {2,}/g, " ")
    .trim();
}

/** `1,234,567` */
export function thousands(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 task`, `2 tasks` */
export function counted(count, one, many = `${one}s`) {
  return `${thousands(count)} ${count === 1 ? one : many}`;
}

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** A duration in its two largest units: `30 minutes 10 seconds`. */
export function duration(seconds) {
  let rest = Math.round(seconds);
  const parts = UNITS.map(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return [count, unit];
  });
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) {
    return "less than a second";
  }
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`)
    .join(" ");
}

/** The same, short enough for an axis: `1 h 30 min`. */
export function shortDuration(seconds) {
  return duration(seconds)
    .replace("less than a second", "0")
    .replace(/ days?/, " d")
    .replace(/ hours?/, " h")
    .replace(/ minutes?/, " min")
    .replace(/ seconds?/, " s");
}

/** A time in UTC, to the second: `2026-11-22 00:40:10`. */
export function time(milliseconds) {
  return Number.isFinite(milliseconds)
    ? new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ")
    : "unknown";
}

/** `22 November 2026` */
export function day(milliseconds) {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(milliseconds);
}
