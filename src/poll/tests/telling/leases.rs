//! Who tells: leases, and what ends them.

use jiff::SignedDuration;
use uuid::Uuid;

use super::super::fakes::{SNS, World, home, minute, store_images};
use super::{list, running};
use crate::record::Lease;
use crate::store::codec;
use crate::task::{Kind, State, TaskKey};

#[test]
fn an_event_that_another_poll_is_telling_is_left_to_it_until_its_lease_runs_out() {
    let world = running(&["ami-1"]);
    list(&world, &["ami-1"], &State::new("Completed"));
    world.with(|inner| inner.down = [SNS].into());
    world.poll_a_minute_later(&store_images());
    world.with(|inner| inner.down.clear());
    // Somebody else took it up a moment ago.
    let key = TaskKey::by_start(Kind::StoreImage, "ami-1", "my-bucket", minute(0)).to_string();
    let at = (codec::partition_key(&home()), key);
    let mut record = world.records().remove(0);
    let until = world.with(|inner| inner.now) + SignedDuration::from_secs(90);
    record.lease = Some(Lease { by: Uuid::from_u128(7), until });
    world.with(|inner| {
        let body = serde_json::to_string(&record).unwrap();
        inner.items.get_mut(&at).unwrap().body = Some(body);
    });
    let summary = world.poll_a_minute_later(&store_images());
    assert_eq!((summary.left, summary.published), (1, 0));
    let summary = world.poll_a_minute_later(&store_images());
    assert_eq!((summary.left, summary.published), (0, 1));
}

/// What another process finds that polls right after.
fn poll_at_once(world: &World) -> crate::poll::Summary {
    world.poll_with(&world.poller_number(1), &store_images(), None).unwrap()
}

#[test]
fn a_publish_that_failed_gives_its_lease_back_so_that_a_poll_right_after_tells() {
    let world = running(&["ami-1", "ami-2", "ami-3", "ami-4", "ami-5"]);
    list(&world, &["ami-1", "ami-2", "ami-3", "ami-4", "ami-5"], &State::new("Completed"));
    world.with(|inner| inner.down = [SNS].into());
    assert_eq!(world.poll_a_minute_later(&store_images()).left, 5);
    assert!(world.records().iter().all(|record| record.lease.is_none()));
    world.with(|inner| inner.down.clear());
    let summary = poll_at_once(&world);
    assert_eq!((summary.published, summary.left), (5, 0));
}

#[test]
fn a_lease_is_given_back_also_with_an_event_that_its_sink_refused() {
    let world = running(&["ami-1"]);
    list(&world, &["ami-1"], &State::new("Completed"));
    world.with(|inner| inner.refused = ["ami-1".to_owned()].into());
    world.poll_a_minute_later(&store_images());
    assert!(world.records().iter().all(|record| record.lease.is_none()));
    world.with(|inner| inner.refused.clear());
    assert_eq!(poll_at_once(&world).published, 1);
    assert!(world.records().iter().all(|record| record.lease.is_none()));
}

#[test]
fn nothing_is_published_in_the_last_part_of_a_lease() {
    let world = running(&["ami-1"]);
    list(&world, &["ami-1"], &State::new("Completed"));
    // A lease holds 55 seconds, and the last 20 are for clocks that differ and the call itself.
    world.with(|inner| inner.effect_takes = SignedDuration::from_secs(36));
    world.poll_a_minute_later(&store_images());
    assert!(world.told(&SNS).is_empty());
    world.with(|inner| inner.effect_takes = SignedDuration::from_secs(34));
    world.later(60);
    world.poll(&store_images()).unwrap();
    assert_eq!(world.told(&SNS), ["ami-1 completed"]);
}

#[test]
fn a_lease_that_a_wrong_clock_made_keeps_nobody_from_telling() {
    let world = running(&["ami-1"]);
    list(&world, &["ami-1"], &State::new("Completed"));
    world.with(|inner| inner.down = [SNS].into());
    world.poll_a_minute_later(&store_images());
    world.with(|inner| inner.down.clear());
    let key = TaskKey::by_start(Kind::StoreImage, "ami-1", "my-bucket", minute(0)).to_string();
    let at = (codec::partition_key(&home()), key);
    let mut record = world.records().remove(0);
    let until = world.with(|inner| inner.now) + SignedDuration::from_hours(24);
    record.lease = Some(Lease { by: Uuid::from_u128(7), until });
    world.with(|inner| {
        let body = serde_json::to_string(&record).unwrap();
        inner.items.get_mut(&at).unwrap().body = Some(body);
    });
    assert_eq!(world.poll_a_minute_later(&store_images()).published, 1);
}
