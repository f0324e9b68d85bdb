//! The same with the real adapter of DynamoDB, and a fifth of its requests spoilt on the wire.

use std::sync::Arc;
use std::time::Duration;

use amiwatch::aws::dynamodb::DynamoStore;
use amiwatch::decide::Policy;
use amiwatch::memory::Memory;
use amiwatch::poll::{Limits, Poller, Turn};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use fastrand::Rng;
use jiff::SignedDuration;

use super::ports::{Ports, World};
use super::time::{SkewedClock, Time};
use super::world::{self, Tasks};
use super::{everything, judge, number, zero};
use crate::support::proxy::Control;
use crate::support::{moto, place, sdk};

/// As the function's, but quicker to give up: a test has no time for ten seconds.
fn impatient() -> aws_types::SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_millis(300))
        .operation_timeout(Duration::from_secs(2))
        .build();
    let retries =
        RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::from_millis(5));
    sdk().into_builder().timeout_config(timeouts).retry_config(retries).build()
}

#[tokio::test]
async fn with_every_fifth_request_to_dynamodb_spoilt_nothing_is_lost() {
    let polls = number("AMIWATCH_SOAK_DYNAMODB_POLLS", 150);
    let seed = number("AMIWATCH_SOAK_SEED", 20_261_122);
    println!(
        "seed {seed}: again with AMIWATCH_SOAK_SEED={seed} AMIWATCH_SOAK_DYNAMODB_POLLS={polls}"
    );
    let mut rng = Rng::with_seed(seed);
    let mut tasks = Tasks::new(place(), 60);
    world::past(&mut tasks, &mut rng, zero());
    let time = Time::by_hand(zero());
    let world = World::new(time.clone(), rng.u64(..), vec![tasks]);
    let control = Control::new(rng.u64(..));
    let url = control.in_front_of(&moto::url()).await;
    let table = moto::table().await;
    let places = everything(&[place()]);
    let pollers: Vec<_> = (0..2)
        .map(|run| {
            let ports = Ports { world: world.clone(), run };
            Poller {
                source: Box::new(ports.clone()),
                names: Some(Box::new(ports.clone())),
                memory: Memory::new(Arc::new(DynamoStore::new(
                    &impatient(),
                    Some(url.clone()),
                    &table,
                ))),
                sinks: ports.sinks(),
                clock: Box::new(SkewedClock { time: time.clone(), ahead: SignedDuration::ZERO }),
                policy: Policy::default(),
                limits: Limits::default(),
                turn: Turn::default(),
            }
        })
        .collect();
    // The two share the audit's eye for acks with nobody: here the summaries tell them.
    world.with(|inner| inner.audit.lenient = true);
    let (mut unacked, mut failures, mut made) = (0, 0, 0);
    control.spoil(20);
    for n in 0.. {
        if made >= polls {
            control.spoil(0);
            if made >= polls + 12 {
                break;
            }
        }
        time.pass(SignedDuration::from_secs(if made < polls { rng.i64(60..100) } else { 100 }));
        let now = time.now();
        if made < polls {
            world.with(|inner| {
                let place = &mut inner.places[0];
                let last = place.stores.last().map_or(now, |story| story.start);
                if last < now && n > 0 {
                    world::births(place, &mut rng, now);
                }
                inner.baselines.entry(place.place.clone()).or_insert(now);
            });
        }
        let summaries = if rng.u32(..4) == 0 {
            let (one, two) =
                tokio::join!(pollers[0].poll(&places, None), pollers[1].poll(&places, None));
            vec![one, two]
        } else {
            vec![pollers[rng.usize(..2)].poll(&places, None).await]
        };
        made += u64::try_from(summaries.len()).unwrap();
        for summary in summaries {
            let all = summary.all_failures();
            failures += all.len();
            unacked += all.iter().filter(|failure| failure.contains("told again")).count();
        }
    }
    // What is not told by now would be told within a day, by the daily check.
    for _ in 0..2 {
        time.pass(SignedDuration::from_hours(29));
        pollers[0].poll(&places, None).await;
    }
    let verdict = judge(&world, time.now() - SignedDuration::from_hours(58));
    let (repeats, calls) = world.with(|inner| (inner.audit.repeats, inner.calls));
    println!(
        "{} endings, {} told, {} lost, {repeats} repeats ({unacked} acks failed), {} old news, \
         {} left the list too soon; {made} polls, {failures} failures, {calls} calls beside DynamoDB's: {:?} seed {seed}",
        verdict.endings,
        verdict.told,
        verdict.lost.len(),
        verdict.old_news,
        verdict.as_vanished + verdict.never_seen,
        control.counts(),
    );
    assert!(verdict.lost.is_empty(), "lost: {:?}, seed {seed}", verdict.lost);
    assert_eq!(verdict.old_news, 0, "old news, seed {seed}");
    assert!(repeats <= unacked, "repeats without a reason, seed {seed}");
}
