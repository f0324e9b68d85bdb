//! What happens around the poll that something befalls.

use amiwatch::aws::event_bridge::NAME as BUS;
use amiwatch::aws::sns::NAME as SNS;
use amiwatch::record::SinkName;
use amiwatch::task::Kind;

use super::Scene;
use super::scene::LONG;

/// A story: up to the poll that something befalls, what happens after it, and how many endings
/// there are to tell then.
#[derive(Clone, Copy)]
pub(super) struct Story {
    pub(super) name: &'static str,
    pub(super) sinks: &'static [SinkName],
    /// The poll that something befalls comes after so many others.
    pub(super) polls_before: usize,
    pub(super) begin: fn(&mut Scene),
    /// Before that poll.
    pub(super) change: fn(&mut Scene),
    /// After the poll that follows it.
    pub(super) end: fn(&mut Scene),
    pub(super) endings: usize,
}

fn nothing(_: &mut Scene) {}

pub(super) const ENDINGS: Story = Story {
    name: "a store in two buckets, a bundle, and one first seen ended",
    sinks: &[SNS],
    polls_before: 1,
    begin: |scene| {
        scene.starts(1, "one", 600, LONG);
        scene.starts(1, "two", 600, LONG);
        scene.bundles("bun-00000001");
    },
    change: |scene| {
        scene.becomes(0, "Completed");
        scene.becomes(1, "Failed");
        scene.becomes(2, "complete");
        scene.starts(2, "one", 60, 1);
    },
    end: nothing,
    endings: 4,
};

pub(super) const STORIES: [Story; 6] = [
    ENDINGS,
    Story {
        name: "imports and exports that complete, fail, are cancelled, and are first seen ended",
        begin: |scene| {
            scene.transfers(Kind::ImportSnapshot, "import-snap-1");
            scene.transfers(Kind::ImportImage, "import-ami-1");
            scene.transfers(Kind::ExportImage, "export-ami-1");
            scene.transfers(Kind::ExportInstance, "export-i-1");
        },
        change: |scene| {
            scene.becomes(0, "completed");
            scene.says(1, "deleted", "ClientError: the disk is none");
            scene.says(2, "deleted", "User initiated task cancelation");
            scene.becomes(3, "completed");
            scene.transfers(Kind::ImportSnapshot, "import-snap-2");
            scene.becomes(4, "completed");
        },
        endings: 5,
        ..ENDINGS
    },
    Story {
        name: "two sinks",
        sinks: &[SNS, BUS],
        begin: |scene| scene.starts(1, "one", 600, LONG),
        change: |scene| scene.becomes(0, "Completed"),
        endings: 1,
        ..ENDINGS
    },
    Story {
        name: "the baseline itself, and then an end",
        polls_before: 0,
        begin: |scene| {
            scene.starts(1, "one", 600, LONG);
            scene.starts(2, "one", 700, 1);
            scene.bundles("bun-00000001");
        },
        change: nothing,
        end: |scene| {
            scene.becomes(0, "Failed");
            scene.becomes(2, "complete");
        },
        endings: 2,
        ..ENDINGS
    },
    Story {
        name: "vanished",
        polls_before: 2,
        begin: |scene| {
            scene.starts(1, "one", 600, LONG);
            scene.bundles("bun-00000001");
            scene.transfers(Kind::ImportImage, "import-ami-1");
        },
        // The first of the two polls before is the baseline, the second one misses them once.
        change: |scene| {
            scene.goes(0);
            scene.goes(1);
            scene.goes(2);
        },
        endings: 3,
        ..ENDINGS
    },
    Story {
        name: "several pages, and a window that moves past an open task",
        begin: |scene| {
            scene.starts(1, "one", 9_000, LONG);
            for n in 0..45 {
                scene.starts(100 + n, "old", 6_000 + i64::from(n), 1);
            }
            for n in 0..210 {
                scene.starts(200 + n, "old", 20_000 + i64::from(n) * 60, 1);
            }
        },
        change: |scene| {
            scene.becomes(0, "Completed");
            for n in 0..3 {
                scene.starts(2 + n, "one", 60, 1);
            }
        },
        endings: 4,
        ..ENDINGS
    },
];
