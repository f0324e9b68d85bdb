// All that is known of a task, in words: for the tooltip and for the opened row.
import { duration, plain, time } from "./words.js";

/** What was told to whom, what waits, or why nothing was. */
function told(task) {
  const said = (task.raw.told ?? []).flatMap(({ outcome, sinks }) =>
    Object.entries(sinks ?? {}).map(([sink, at]) => `${plain(outcome)} to ${plain(sink)} at ${time(Date.parse(at))}`),
  );
  const waits = (task.raw.untold ?? []).map(
    ({ outcome, sinks }) => `${plain(outcome)} waits for ${(sinks ?? []).map(plain).join(", ")}`,
  );
  if (said.length + waits.length > 0) {
    return [...said, ...waits].join("; ");
  }
  return task.runs ? "nothing yet" : "nothing: it had ended before it was first seen, or nobody wanted it";
}

/** How long it took, or runs, or why nobody knows. */
export function took(task, madeAt) {
  if (task.seconds !== null) {
    return duration(task.seconds);
  }
  return task.runs ? `runs for ${duration(Math.max(0, madeAt - task.begin) / 1000)}` : "unknown";
}

/** When it ended. */
export function ended(task) {
  if (task.runs) {
    return "runs";
  }
  return (task.endedBefore ? "at the latest " : "") + time(task.ended);
}

/** Label and text of each fact; what EC2 did not give is left out. */
export function facts(task, madeAt) {
  const { raw } = task;
  const firstSeen = ["First seen", time(Date.parse(raw.firstSeenAt))];
  // Where EC2 gives no start, the task is taken to begin when it was first seen.
  const begin = raw.beganAt === raw.firstSeenAt ? [firstSeen] : [["Started", time(task.begin)], firstSeen];
  return [
    ["Outcome", task.status],
    ["State", raw.state],
    ["Kind", raw.kind],
    ["Task", raw.task],
    ["AMI", raw.imageId],
    ["Bucket", raw.bucket],
    ["Region", raw.region],
    ["Account", raw.account],
    ...begin,
    ["Ended", ended(task)],
    ["Took", took(task, madeAt)],
    ["Reason", raw.reason],
    ["Told", told(task)],
  ]
    .filter(([, text]) => text !== null && text !== undefined && text !== "")
    .map(([label, text]) => [label, plain(text)]);
}
