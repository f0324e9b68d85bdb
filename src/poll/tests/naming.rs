//! What AMIs are called, in what is told.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::fakes::{Inner, SNS, World, both_kinds, bundle, store, store_images};
use crate::record::Record;
use crate::task::{Kind, State};

const KNOWN: [(&str, &str); 2] = [("ami-1", "web-golden"), ("ami-2", "db-golden")];

/// A world after its baseline in which names can be learned.
fn world(running: &[&str]) -> World {
    let world = World::new();
    let names = KNOWN.map(|(id, name)| (id.to_owned(), name.to_owned()));
    world.with(|inner| inner.image_names = Some(BTreeMap::from(names)));
    let tasks: Vec<_> =
        running.iter().map(|name| store(name, -5, State::new("InProgress"))).collect();
    world.list(Kind::StoreImage, &tasks);
    world.poll_a_minute_later(&both_kinds());
    world.take_log();
    world
}

fn ends(world: &World, names: &[&str]) {
    let tasks: Vec<_> = names.iter().map(|name| store(name, -5, State::new("Completed"))).collect();
    world.list(Kind::StoreImage, &tasks);
}

/// The AMIs of all that was told, with their names.
fn told(world: &World) -> Vec<(String, Option<String>)> {
    let mut told: Vec<_> = world.with(|inner| {
        let events = inner.published.iter().map(|(_, event, _)| &event.detail);
        events.map(|it| (it.subject.name().to_owned(), it.image_name.clone())).collect()
    });
    told.sort();
    told
}

fn asked(log: &[String]) -> Vec<&str> {
    log.iter().map(String::as_str).filter(|effect| effect.starts_with("name ")).collect()
}

#[test]
fn all_names_of_a_place_are_asked_for_at_once_when_everything_is_saved_and_nothing_told() {
    let world = world(&["ami-1", "ami-2", "ami-3"]);
    ends(&world, &["ami-1", "ami-2", "ami-3"]);
    world.poll_a_minute_later(&both_kinds());
    let log = world.take_log();
    assert_eq!(asked(&log), ["name ami-1 ami-2 ami-3 in us-east-1"], "{log:?}");
    let at = |words: &str| log.iter().position(|effect| effect.starts_with(words)).unwrap();
    let last_save = log.iter().rposition(|effect| effect.starts_with("save")).unwrap();
    assert!(last_save < at("name") && at("name") < at("publish"), "{log:?}");
    let name = |id: &str, name: Option<&str>| (id.to_owned(), name.map(str::to_owned));
    let expected =
        [name("ami-1", Some("web-golden")), name("ami-2", Some("db-golden")), name("ami-3", None)];
    assert_eq!(told(&world), expected);
}

#[test]
fn where_nothing_is_to_be_told_or_it_has_no_ami_no_name_is_asked_for() {
    let world = world(&["ami-1"]);
    world.list(Kind::Bundle, &[bundle("bun-1", State::new("bundling"))]);
    world.poll_a_minute_later(&both_kinds());
    world.list(Kind::Bundle, &[bundle("bun-1", State::new("complete"))]);
    world.poll_a_minute_later(&both_kinds());
    assert_eq!(world.told(&SNS), ["bun-1 completed"]);
    assert_eq!(asked(&world.take_log()), [""; 0]);
}

#[test]
fn what_ec2_does_not_tell_or_there_is_no_time_for_fails_nothing() {
    for change in [
        (|inner| inner.names_denied = true) as fn(&mut Inner),
        |inner| inner.image_names = Some(BTreeMap::new()),
        |inner| inner.image_names = None,
    ] {
        let world = world(&["ami-1"]);
        ends(&world, &["ami-1"]);
        world.with(change);
        let summary = world.poll_a_minute_later(&store_images());
        assert_eq!((summary.published, summary.all_failures()), (1, vec![]));
        assert_eq!(told(&world), [("ami-1".to_owned(), None)]);
    }
    // Each effect takes eight seconds and the save four more: then there is only time to tell.
    let world = world(&["ami-1"]);
    ends(&world, &["ami-1"]);
    world.with(|inner| {
        let act: fn(&mut Inner) = |inner| inner.now += SignedDuration::from_secs(4);
        inner.meanwhile = Some(("save ami-1 over 1".to_owned(), act));
        inner.effect_takes = SignedDuration::from_secs(8);
    });
    let deadline = world.with(|inner| inner.now) + SignedDuration::from_secs(47);
    let summary = world.poll_with(&world.poller(), &store_images(), Some(deadline)).unwrap();
    assert_eq!(summary.published, 1, "{:?}", world.take_log());
    assert_eq!(told(&world), [("ami-1".to_owned(), None)]);
}

#[test]
fn a_name_is_kept_with_what_waits_and_the_event_keeps_its_id() {
    let world = world(&["ami-1"]);
    ends(&world, &["ami-1"]);
    world.with(|inner| inner.down.insert(SNS));
    world.poll_a_minute_later(&store_images());
    assert_eq!(asked(&world.take_log()).len(), 1);
    let waiting: Vec<Record> = world.records();
    let event = &waiting.first().unwrap().outbox.first().unwrap().event;
    assert_eq!(event.detail.image_name.as_deref(), Some("web-golden"));
    world.with(|inner| inner.down.clear());
    world.poll_a_minute_later(&store_images());
    assert_eq!(asked(&world.take_log()), [""; 0]);
    let ids: Vec<_> = world.with(|inner| inner.published.iter().map(|it| it.1.id).collect());
    assert_eq!(ids, [event.id]);
}

#[test]
fn no_name_is_asked_for_what_another_poller_is_telling() {
    let world = world(&["ami-1"]);
    ends(&world, &["ami-1"]);
    world.with(|inner| {
        let act: fn(&mut Inner) = |inner| inner.dead = true;
        inner.meanwhile = Some(("save ami-1 over 1".to_owned(), act));
    });
    assert!(world.poll(&store_images()).is_none(), "the process dies with its lease");
    world.restart();
    world.take_log();
    world.later(10);
    world.poll(&store_images()).unwrap();
    assert_eq!(asked(&world.take_log()), [""; 0]);
    world.later(60);
    world.poll(&store_images()).unwrap();
    assert_eq!(told(&world), [("ami-1".to_owned(), Some("web-golden".to_owned()))]);
}
