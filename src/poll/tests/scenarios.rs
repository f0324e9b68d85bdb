//! The stories whose polls are killed: how each begins, and what must have been told in the end.

use super::fakes::{BUS, SNS, World, both_kinds, bundle, places, store, store_images};
use crate::poll::PlaceToPoll;
use crate::task::{Failure, Kind, State, Subject, Task};

/// A story: how the world comes to the poll that dies, and what must have been told in the end.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) places: Vec<PlaceToPoll>,
    /// Brings a fresh world to the moment of the poll.
    pub(super) prepare: fn() -> World,
    /// What happens after the poll that died, before the next one.
    pub(super) afterwards: fn(&World),
    pub(super) expected: Vec<String>,
}

fn baseline(tasks: &[Task]) -> World {
    let world = World::new();
    world.with(|inner| inner.image_names = Some([("ami-1".into(), "web".into())].into()));
    world.list(Kind::StoreImage, tasks);
    world.poll(&both_kinds()).unwrap();
    world
}

fn nothing(_: &World) {}

fn many() -> Vec<Task> {
    (0..30).rev().map(|n| store(&format!("ami-{n:02}"), n, State::new("Completed"))).collect()
}

/// An import or export; what EC2 says beside `deleted` tells how it ended.
fn transfer(kind: Kind, id: &str, state: &'static str, says: Option<&str>) -> Task {
    let message = says.map(str::to_owned);
    let subject = Subject { status_message: message.clone(), ..Subject::of_task(id) };
    let failure = Failure { code: None, message };
    Task {
        failure: (state == "deleted").then_some(failure),
        ..Task::new(kind, subject, State::new(state))
    }
}

fn imports_and_exports() -> Vec<PlaceToPoll> {
    places(&Kind::ALL, &["us-east-1"])
}

fn a_dozen(state: &'static str) -> Vec<Task> {
    (0..12).rev().map(|n| store(&format!("ami-{n:02}"), n, State::new(state))).collect()
}

fn of_store_images(name: &'static str, prepare: fn() -> World, expected: &[&str]) -> Scenario {
    Scenario {
        name,
        places: store_images(),
        prepare,
        afterwards: nothing,
        expected: expected.iter().map(|text| (*text).to_owned()).collect(),
    }
}

const TRANSFERS: [(Kind, &str); 4] = [
    (Kind::ImportSnapshot, "import-snap-1"),
    (Kind::ImportImage, "import-ami-1"),
    (Kind::ExportImage, "export-ami-1"),
    (Kind::ExportInstance, "export-i-1"),
];

pub(super) fn scenarios() -> Vec<Scenario> {
    let mut all = of_one_ending();
    all.extend(of_longer_stories());
    all
}

fn of_one_ending() -> Vec<Scenario> {
    vec![
        of_store_images(
            "known running, then completed",
            || {
                let world = baseline(&[store("ami-1", 0, State::new("InProgress"))]);
                world.later(60);
                world.list(Kind::StoreImage, &[store("ami-1", 0, State::new("Completed"))]);
                world
            },
            &["ami-1 completed"],
        ),
        of_store_images(
            "known running, then failed",
            || {
                let world = baseline(&[store("ami-1", 0, State::new("InProgress"))]);
                world.later(60);
                world.list(Kind::StoreImage, &[store("ami-1", 0, State::new("Failed"))]);
                world
            },
            &["ami-1 failed"],
        ),
        of_store_images(
            "first seen ended",
            || {
                let world = baseline(&[store("ami-0", 0, State::new("Completed"))]);
                world.later(60);
                let tasks = [
                    store("ami-1", 1, State::new("Completed")),
                    store("ami-0", 0, State::new("Completed")),
                ];
                world.list(Kind::StoreImage, &tasks);
                world
            },
            &["ami-1 completed"],
        ),
        of_store_images(
            "two buckets",
            || {
                let world = baseline(&[]);
                world.later(60);
                let one = store("ami-1", 1, State::new("Completed"));
                let two = Task { subject: Subject::image("ami-1", "other-bucket"), ..one.clone() };
                world.list(Kind::StoreImage, &[one, two]);
                world
            },
            &["ami-1 completed", "ami-1 completed"],
        ),
        Scenario {
            name: "a bundle completes",
            places: both_kinds(),
            prepare: || {
                let world = World::new();
                world.list(Kind::Bundle, &[bundle("bun-1", State::new("storing"))]);
                world.poll(&both_kinds()).unwrap();
                world.later(60);
                world.list(Kind::Bundle, &[bundle("bun-1", State::new("complete"))]);
                world
            },
            afterwards: nothing,
            expected: vec!["bun-1 completed".into()],
        },
    ]
}

fn of_longer_stories() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "imports and exports end, well and badly, cancelled, and first seen ended",
            places: imports_and_exports(),
            prepare: || {
                let world = World::new();
                world.with(|inner| inner.image_names = Some([].into()));
                for (kind, id) in TRANSFERS {
                    world.list(kind, &[transfer(kind, id, "active", Some("pending"))]);
                }
                world.poll(&imports_and_exports()).unwrap();
                world.later(60);
                let ends = [
                    ("completed", None),
                    ("deleted", Some("ClientError: no disk")),
                    ("deleted", Some("User initiated task cancelation")),
                    ("completed", None),
                ];
                for ((kind, id), (state, says)) in TRANSFERS.into_iter().zip(ends) {
                    let born = transfer(kind, &format!("{id}-born"), "completed", None);
                    world.list(kind, &[born, transfer(kind, id, state, says)]);
                }
                world
            },
            afterwards: nothing,
            expected: [
                "import-snap-1 completed",
                "import-ami-1 failed",
                "export-ami-1 cancelled",
                "export-i-1 completed",
                "import-snap-1-born completed",
                "import-ami-1-born completed",
                "export-ami-1-born completed",
                "export-i-1-born completed",
            ]
            .map(str::to_owned)
            .into(),
        },
        Scenario {
            afterwards: |world| {
                world.poll_a_minute_later(&store_images());
                world.list(Kind::StoreImage, &a_dozen("Completed"));
            },
            expected: a_dozen("").iter().map(|task| format!("{} completed", task.name())).collect(),
            ..of_store_images(
                "a dozen first seen running at once, and then their ends",
                || {
                    let world = baseline(&[]);
                    world.later(60);
                    world.list(Kind::StoreImage, &a_dozen("InProgress"));
                    world
                },
                &[],
            )
        },
        of_store_images(
            "vanished",
            || {
                let world = baseline(&[store("ami-1", 0, State::new("InProgress"))]);
                world.list(Kind::StoreImage, &[]);
                world.poll_a_minute_later(&store_images());
                world.later(60);
                world
            },
            &["ami-1 vanished"],
        ),
        Scenario {
            afterwards: |world| {
                world.list(Kind::StoreImage, &[store("ami-1", 0, State::new("Completed"))]);
            },
            ..of_store_images(
                "stalled, then completed",
                || {
                    let world = baseline(&[store("ami-1", 0, State::new("InProgress"))]);
                    world.later(3 * 60 * 60);
                    world
                },
                &["ami-1 completed"],
            )
        },
        of_store_images(
            "two sinks",
            || {
                let world = baseline(&[store("ami-1", 0, State::new("InProgress"))]);
                world.with(|inner| inner.sinks = vec![SNS, BUS]);
                world.later(60);
                world.list(Kind::StoreImage, &[store("ami-1", 0, State::new("Completed"))]);
                world
            },
            &["ami-1 completed"],
        ),
        Scenario {
            expected: many().iter().map(|task| format!("{} completed", task.name())).collect(),
            ..of_store_images(
                "30 endings in one poll",
                || {
                    let world = baseline(&[]);
                    world.later(60);
                    world.list(Kind::StoreImage, &many());
                    world
                },
                &[],
            )
        },
        Scenario {
            afterwards: |world| {
                // What ends before there is a baseline is old news; what ends after it is not.
                world.poll_a_minute_later(&store_images());
                world.list(Kind::StoreImage, &[store("ami-1", 0, State::new("Completed"))]);
            },
            ..of_store_images(
                "the baseline itself, and then the end of what ran",
                || {
                    let world = World::new();
                    world.list(Kind::StoreImage, &[store("ami-1", 0, State::new("InProgress"))]);
                    world
                },
                &["ami-1 completed"],
            )
        },
    ]
}
