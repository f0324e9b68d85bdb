// The made-up month that the picture of `amiwatch history --html` shows, as the page takes it.

const DAY = 86_400_000;
const MADE_AT = Date.parse("2026-11-22T12:00:00Z");
const ACCOUNT = "123456789012";
const at = (milliseconds) => new Date(milliseconds).toISOString();

const WEB = "ami-0b11f4a9c8d7e6f51";
const API = "ami-0c27d3e1f9b8a7c64";
const BASE = "ami-0d3395b7a1c2e4f80";
const BUILD = "ami-0e48a6c9d2b1f3e75";

// Days before the page was made, minutes, kind, task, AMI, bucket, Region, and how it ended where it did
// not end well.
const TASKS = [
  [29.6, 31, "store-image", WEB, WEB, "golden-images", "us-east-1"],
  [28.4, 64, "store-image", BASE, BASE, "golden-images", "us-east-1"],
  [27.1, 18, "bundle", "bun-c1a540a8", null, "legacy-bundles", "us-east-1"],
  [26.3, 47, "store-image", API, API, "golden-images", "us-east-1"],
  [25.2, 39, "store-image", WEB, WEB, "dr-copies", "eu-west-1"],
  [23.9, 22, "bundle", "bun-c1a540a9", null, "legacy-bundles", "us-east-1", ["failed", "Error during upload: the upload policy has expired."]],
  [22.7, 35, "store-image", WEB, WEB, "golden-images", "us-east-1"],
  [21.5, 71, "store-image", BASE, BASE, "dr-copies", "eu-west-1"],
  [20.2, 52, "store-image", API, API, "golden-images", "us-east-1"],
  [18.8, 95, "import-snapshot", "import-snap-0a1b2c3d4e5f60718", null, null, "us-east-1"],
  [17.6, 33, "store-image", WEB, WEB, "golden-images", "us-east-1"],
  [16.4, 12, "store-image", BUILD, BUILD, "golden-images", "us-east-1", ["failed", "ClientError: The snapshot snap-0c9e1f7a5b3d2e846 of the image does not exist."]],
  [15.3, 44, "store-image", WEB, WEB, "dr-copies", "eu-west-1"],
  [14.1, 140, "import-image", "import-ami-0f1e2d3c4b5a69788", null, "vm-uploads", "us-east-1"],
  [13.2, 58, "store-image", BASE, BASE, "golden-images", "us-east-1"],
  [12.0, 20, "bundle", "bun-c1a540b2", null, "legacy-bundles", "us-east-1"],
  [10.7, 81, "store-image", BASE, BASE, "dr-copies", "eu-west-1"],
  [9.5, 115, "export-image", "export-ami-0123456789abcdef0", API, "vm-exports", "us-east-1"],
  [8.6, 26, "import-image", "import-ami-0a9b8c7d6e5f41302", null, "vm-uploads", "us-east-1", ["failed", "ClientError: Unsupported kernel version 6.99.0"]],
  [7.4, 49, "store-image", API, API, "golden-images", "us-east-1"],
  [6.1, 37, "store-image", WEB, WEB, "golden-images", "us-east-1"],
  [4.9, 16, "import-snapshot", "import-snap-0b7c6d5e4f3a29180", null, null, "us-east-1", ["cancelled", "user requested cancellation"]],
  [2.8, 55, "store-image", API, API, "dr-copies", "eu-west-1"],
  [1.3, null, "export-instance", "export-i-0fedcba9876543210", null, "vm-exports", "us-east-1", ["stalled", null]],
  [0.012, null, "store-image", WEB, WEB, "golden-images", "us-east-1"],
];

/** EC2 gives no times of imports and exports. */
const isTimed = (kind) => kind === "store-image" || kind === "bundle";

function task([daysAgo, minutes, kind, name, imageId, bucket, region, [said, reason] = []]) {
  const began = MADE_AT - daysAgo * DAY;
  const ended = minutes === null ? null : began + minutes * 60_000 + 10_000;
  const outcome = ended === null ? null : (said ?? "completed");
  const observedAt = ended ?? began + 3 * 3_600_000;
  const told = [{ outcome: outcome ?? said, observedAt: at(observedAt), sinks: { topic: at(observedAt + 900) } }];
  return {
    account: ACCOUNT,
    region,
    kind,
    task: name,
    imageId,
    bucket,
    state: outcome ?? "active",
    outcome,
    agedOut: false,
    beganAt: at(began),
    firstSeenAt: at(isTimed(kind) ? began + 30_000 : began),
    endedAt: ended && at(ended),
    durationSeconds: ended && isTimed(kind) ? (ended - began) / 1000 : null,
    reason: reason ?? null,
    told: outcome || said ? told : [],
    untold: [],
  };
}

export const sample = { madeAt: at(MADE_AT), version: "0.1.0", unreadable: 0, tasks: TASKS.map(task) };
