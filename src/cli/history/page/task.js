// A task of the data with what follows from it, so that nothing else interprets the data.
import { plain } from "./words.js";

/** How a task can stand, in the order in which it is offered and explained. */
export const STATUSES = ["completed", "failed", "cancelled", "vanished", "stalled", "running", "unknown"];

/** What each of them means. */
export const MEANINGS = {
  completed: "It ended well.",
  failed: "It ended badly.",
  cancelled: "Somebody cancelled it, as far as EC2 says so.",
  vanished: "It was gone from EC2's lists before an end was seen.",
  stalled: "It has not ended, and was told as not getting any further.",
  running: "It has not ended.",
  unknown: "It ran on past the time for which EC2 lists it: how it ended cannot be learned.",
};

/** What stands for a field that EC2 did not give. S3 and EC2 allow no spaces in real names. */
export const NO_VALUE = { bucket: "no bucket", imageId: "no AMI" };

function statusOf(raw) {
  if (STATUSES.includes(raw.outcome)) {
    return raw.outcome;
  }
  if (raw.agedOut || (raw.outcome && raw.outcome !== "started")) {
    return "unknown";
  }
  // A stall is told of a task that goes on, so it is no outcome of the record.
  const events = [...(raw.told ?? []), ...(raw.untold ?? [])];
  return events.some((event) => event.outcome === "stalled") ? "stalled" : "running";
}

/** The texts in which a search looks. */
function textsOf(raw, status) {
  const events = [...(raw.told ?? []), ...(raw.untold ?? [])];
  // Sinks are a list where the event waits, and the keys of an object where it was told.
  const sinks = events.flatMap((it) => (Array.isArray(it.sinks) ? it.sinks : Object.keys(it.sinks ?? {})));
  const fields = [raw.kind, raw.task, raw.imageId, raw.bucket, raw.region, raw.account, raw.state, raw.reason];
  return [status, ...fields, ...events.map((it) => it.outcome), ...sinks].filter(Boolean).map(plain);
}

/** What the views need of a task. `madeAt` is when the page was made, in milliseconds. */
export function read(raw, index, madeAt) {
  const status = statusOf(raw);
  const ended = raw.endedAt ? Date.parse(raw.endedAt) : null;
  const begin = Date.parse(raw.beganAt);
  return {
    index,
    raw,
    status,
    kind: plain(raw.kind),
    name: plain(raw.task),
    bucket: raw.bucket ? plain(raw.bucket) : NO_VALUE.bucket,
    imageId: raw.imageId ? plain(raw.imageId) : NO_VALUE.imageId,
    region: plain(raw.region),
    account: plain(raw.account),
    begin,
    ended,
    // A clock that is ahead must not draw a bar backwards.
    end: Math.max(begin, ended ?? madeAt),
    runs: ended === null,
    // EC2 gave no time of the end, and it was over when it was first seen.
    endedBefore: ended !== null && raw.durationSeconds === null && raw.endedAt === raw.firstSeenAt,
    seconds: raw.durationSeconds ?? null,
    searched: textsOf(raw, status).join("\n").toLowerCase(),
  };
}
