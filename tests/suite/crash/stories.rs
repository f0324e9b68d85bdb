//! What happens around the poll that something befalls.

use amiwatch::aws::event_bridge::NAME as BUS;
use amiwatch::aws::sns::NAME as SNS;
use amiwatch::record::SinkName;
use amiwatch::task::Kind;

use super::scene::LONG;

/// A story: up to the poll that something befalls, what happens after it, and how many endings
/// there are to tell then.
#[derive(Clone, Copy)]
pub(super) struct Story {
    pub(super) name: &'static str,
    pub(super) sinks: &'static [SinkName],
    /// The poll that something befalls comes after so many others.
    pub(super) polls_before: usize,
    pub(super) begin: fn(&mut dyn Stage),
    /// Before that poll.
    pub(super) change: fn(&mut dyn Stage),
    /// After the poll that follows it.
    pub(super) end: fn(&mut dyn Stage),
    pub(super) endings: usize,
}

/// A scene without the type of its store.
pub(super) trait Stage {
    fn starts(&mut self, image: u32, bucket: &str, seconds_ago: i64, takes: u64);
    fn bundles(&mut self, id: &str);
    fn transfers(&mut self, kind: Kind, id: &str);
    fn becomes(&mut self, task: usize, state: &str);
    fn says(&mut self, task: usize, state: &str, message: &str);
    fn goes(&mut self, task: usize);
}

fn nothing(_: &mut dyn Stage) {}

pub(super) const ENDINGS: Story = Story {
    name: "a store in two buckets, a bundle, and one first seen ended",
    sinks: &[SNS],
    polls_before: 1,
    begin: |stage| {
        stage.starts(1, "one", 600, LONG);
        stage.starts(1, "two", 600, LONG);
        stage.bundles("bun-00000001");
    },
    change: |stage| {
        stage.becomes(0, "Completed");
        stage.becomes(1, "Failed");
        stage.becomes(2, "complete");
        stage.starts(2, "one", 60, 1);
    },
    end: nothing,
    endings: 4,
};

pub(super) const STORIES: [Story; 6] = [
    ENDINGS,
    Story {
        name: "imports and exports that complete, fail, are cancelled, and are first seen ended",
        begin: |stage| {
            stage.transfers(Kind::ImportSnapshot, "import-snap-1");
            stage.transfers(Kind::ImportImage, "import-ami-1");
            stage.transfers(Kind::ExportImage, "export-ami-1");
            stage.transfers(Kind::ExportInstance, "export-i-1");
        },
        change: |stage| {
            stage.becomes(0, "completed");
            stage.says(1, "deleted", "ClientError: the disk is none");
            stage.says(2, "deleted", "User initiated task cancelation");
            stage.becomes(3, "completed");
            stage.transfers(Kind::ImportSnapshot, "import-snap-2");
            stage.becomes(4, "completed");
        },
        endings: 5,
        ..ENDINGS
    },
    Story {
        name: "two sinks",
        sinks: &[SNS, BUS],
        begin: |stage| stage.starts(1, "one", 600, LONG),
        change: |stage| stage.becomes(0, "Completed"),
        endings: 1,
        ..ENDINGS
    },
    Story {
        name: "the baseline itself, and then an end",
        polls_before: 0,
        begin: |stage| {
            stage.starts(1, "one", 600, LONG);
            stage.starts(2, "one", 700, 1);
            stage.bundles("bun-00000001");
        },
        change: nothing,
        end: |stage| {
            stage.becomes(0, "Failed");
            stage.becomes(2, "complete");
        },
        endings: 2,
        ..ENDINGS
    },
    Story {
        name: "vanished",
        polls_before: 2,
        begin: |stage| {
            stage.starts(1, "one", 600, LONG);
            stage.bundles("bun-00000001");
            stage.transfers(Kind::ImportImage, "import-ami-1");
        },
        // The first of the two polls before is the baseline, the second one misses them once.
        change: |stage| {
            stage.goes(0);
            stage.goes(1);
            stage.goes(2);
        },
        endings: 3,
        ..ENDINGS
    },
    Story {
        name: "several pages, and a window that moves past an open task",
        begin: |stage| {
            stage.starts(1, "one", 9_000, LONG);
            for n in 0..45 {
                stage.starts(100 + n, "old", 6_000 + i64::from(n), 1);
            }
            for n in 0..210 {
                stage.starts(200 + n, "old", 20_000 + i64::from(n) * 60, 1);
            }
        },
        change: |stage| {
            stage.becomes(0, "Completed");
            for n in 0..3 {
                stage.starts(2 + n, "one", 60, 1);
            }
        },
        endings: 4,
        ..ENDINGS
    },
];
