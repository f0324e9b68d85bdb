// A task of the data, for the tests.

/** A completed store with some fields changed. */
export function raw(changes = {}) {
  return {
    account: "123456789012",
    region: "us-east-1",
    kind: "store-image",
    task: "ami-1",
    imageId: "ami-1",
    bucket: "images",
    state: "Completed",
    outcome: "completed",
    agedOut: false,
    beganAt: "2026-11-22T10:00:00Z",
    firstSeenAt: "2026-11-22T10:01:00Z",
    endedAt: "2026-11-22T10:30:10Z",
    durationSeconds: 1810,
    reason: null,
    told: [],
    untold: [],
    ...changes,
  };
}
