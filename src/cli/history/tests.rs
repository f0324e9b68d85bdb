use super::*;
use crate::event::Outcome;
use crate::record::{Closing, Record, SinkName, Told, Unsent};
use crate::render::sample;
use crate::task::{Kind, State, Subject, Task};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// What is remembered of a store that ended, and of which its sink was told.
fn store(image: &str, closing: Closing, reason: Option<&str>) -> Record {
    let subject = Subject::image(image, "golden-images-production");
    let task = Task {
        started_at: Some(at("2026-11-22T00:10:00Z")),
        failure: reason.map(|it| crate::task::Failure { code: None, message: Some(it.into()) }),
        ..Task::new(Kind::StoreImage, subject, State::new("Completed"))
    };
    let mut record = Record::first_seen(task, at("2026-11-22T00:10:30Z"));
    record.closed = Some(closing);
    let mut event = sample::event(Kind::StoreImage, record.outcome().unwrap());
    event.detail.observed_at = Some(at("2026-11-22T00:40:10Z"));
    Told::note(&mut record.told, &event, &SinkName::new("sns"), at("2026-11-22T00:40:11Z"));
    record
}

fn all(now: Timestamp) -> Vec<Past> {
    let place = crate::place::Place::new("123456789012", "us-east-1");
    let good = store("ami-0123456789abcdef0", Closing::Completed, None);
    let why = "Client.InvalidSnapshot: the snapshot snap-0123456789abcdef0 is not there any more";
    let mut bad = store("ami-0123456789abcdef1", Closing::Failed, Some(why));
    let waits = sample::event(Kind::StoreImage, Outcome::Failed);
    bad.told.clear();
    bad.outbox.push(Unsent::new(waits, [SinkName::new("sns"), SinkName::new("slack")].into()));
    let mut runs = store("ami-0123456789abcdef2", Closing::Completed, None);
    (runs.closed, runs.told) = (None, Vec::new());
    let records = [good, bad, runs];
    records.iter().map(|record| crate::cli::remembered::past(&place, record, now)).collect()
}

#[test]
fn the_table_and_the_timeline_fit_narrow_and_wide_terminals() {
    let now = at("2026-11-22T01:00:00Z");
    let all = all(now);
    for width in [60, 80, 140] {
        let table = draw(columns(&all), Some(width));
        let timeline = timeline::draw(&all, now, Some(width));
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("history_{width}"), format!("{table}\n\n{timeline}"));
        });
    }
}

#[test]
fn the_account_is_shown_where_there_are_several() {
    let now = at("2026-11-22T01:00:00Z");
    let mut all = all(now);
    assert!(!draw(columns(&all), Some(140)).contains("ACCOUNT"));
    all[1].account = "111122223333".into();
    for width in [80, 140] {
        let table = draw(columns(&all), Some(width));
        let line = table.lines().find(|line| line.contains("ami-0123456789abcdef1"));
        assert!(line.is_some_and(|line| line.starts_with("111122223333  ")), "{table}");
        assert!(table.lines().all(|line| line.chars().count() <= width), "{table}");
    }
}
