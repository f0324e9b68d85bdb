//! Two pollers at the same moment, in every order of their effects.
//!
//! Both run the real poll. Each of their effects waits until the search lets it take place; the end
//! of the task and the death of a poller are steps like any other. A state is what the world holds
//! and what each poller has heard; states that were met before are not gone into again, but the
//! schedules that lead through them are counted.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::task::{Context, Waker};

use jiff::SignedDuration;

use super::fakes::{Port, SNS, World, minute, store, store_images};
use crate::task::{Kind, State, Task};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The n-th of the waiting effects takes place.
    Effect(usize),
    /// The task ends.
    End,
    /// A poller dies.
    Kill(usize),
}

/// What is searched.
#[derive(Debug, Clone, Copy)]
struct Model {
    /// What is listed at the baseline, and what after the end.
    before: fn() -> Vec<Task>,
    after: fn() -> Vec<Task>,
    polls: [usize; 2],
    kills: bool,
    /// Whether what is seen for the first time is written in a batch.
    batches: bool,
    /// Whether what is listed first appears only after the baseline.
    is_born: bool,
    /// Whether there is a baseline before the two begin. If not, they race for it.
    has_baseline: bool,
    /// Time from one poll of a poller to its next, whatever is under way. Longer than a call may
    /// take: calls are given up on. Longer than a lease: a slow holder loses it.
    every_seconds: i64,
}

#[derive(Debug, Default)]
struct Search {
    schedules: HashMap<u64, u128>,
    ends: usize,
    repeats: usize,
}

/// One schedule played so far.
struct Play {
    world: World,
    pollers: [Option<Pin<Box<dyn Future<Output = ()>>>>; 2],
    has_ended: bool,
    /// The task ended when there was no baseline yet: it may be old news.
    may_be_old: bool,
    killed: bool,
}

async fn poll_often(world: World, who: usize, polls: usize, every_seconds: i64) {
    let port = Port { world: world.clone(), who };
    let poller = world.poller_number(who);
    for n in 0..polls {
        port.effect(format!("scheduled {n}"), |inner| {
            let later = i64::try_from(n).unwrap() * every_seconds;
            let at = minute(1) + SignedDuration::from_secs(later);
            inner.now = inner.now.max(at);
        })
        .await;
        poller.poll(&store_images(), None).await;
    }
}

impl Play {
    fn new(start: &World, model: &Model, steps: &[Step]) -> Self {
        let world = start.copy();
        let poller = |who: usize| -> Option<Pin<Box<dyn Future<Output = ()>>>> {
            (model.polls[who] > 0).then(|| {
                Box::pin(poll_often(world.clone(), who, model.polls[who], model.every_seconds)) as _
            })
        };
        let mut play = Self {
            pollers: [poller(0), poller(1)],
            world: world.clone(),
            has_ended: false,
            may_be_old: false,
            killed: false,
        };
        play.run(0);
        play.run(1);
        for step in steps {
            play.take(model, *step);
        }
        play
    }

    /// Lets a poller run until it waits for its next effect.
    fn run(&mut self, who: usize) {
        let mut context = Context::from_waker(Waker::noop());
        if let Some(poller) = &mut self.pollers[who]
            && poller.as_mut().poll(&mut context).is_ready()
        {
            self.pollers[who] = None;
        }
    }

    /// The waiting effects in an order that does not depend on the schedule.
    fn waiting(&self) -> Vec<(usize, String, u64)> {
        self.world.with(|inner| {
            let mut waiting: Vec<_> = inner
                .waiting
                .iter()
                .map(|waiting| (waiting.who, waiting.name.clone(), waiting.ticket))
                .collect();
            waiting.sort();
            waiting
        })
    }

    fn take(&mut self, model: &Model, step: Step) {
        match step {
            Step::Effect(n) => {
                let (who, _, ticket) = self.waiting()[n];
                self.world.grant(ticket);
                self.run(who);
            }
            Step::End => {
                self.has_ended = true;
                self.may_be_old = !self.world.has_baseline();
                self.world.list(Kind::StoreImage, &(model.after)());
            }
            Step::Kill(who) => {
                self.killed = true;
                self.pollers[who] = None;
                self.world.with(|inner| inner.waiting.retain(|waiting| waiting.who != who));
            }
        }
    }

    fn next_steps(&self, model: &Model) -> Vec<Step> {
        let mut steps: Vec<Step> = (0..self.waiting().len()).map(Step::Effect).collect();
        if !self.has_ended {
            steps.push(Step::End);
        }
        if model.kills && !self.killed {
            let alive = |who: &usize| self.pollers[*who].is_some();
            steps.extend((0..2).filter(alive).map(Step::Kill));
        }
        steps
    }

    /// What tells this state from others: two polls have other names in every play.
    fn state(&self) -> u64 {
        let text = self.world.with(|inner| {
            let alive = self.pollers.each_ref().map(Option::is_some);
            let told: Vec<_> = inner.published.iter().map(|(_, event, _)| event.id).collect();
            format!(
                "{:?} {:?} {told:?} {} {alive:?} {:?} {} {}",
                inner.items, inner.heard, self.has_ended, inner.now, self.killed, inner.late_acks
            )
        });
        // Debug escapes JSON, and JSON within what was heard once more.
        let text = text.replace('\\', "");
        let mut names: Vec<&str> = Vec::new();
        let mut canonical = String::with_capacity(text.len());
        let mut rest = text.as_str();
        // Debug prints `by: <uuid>`, and JSON has `"by":"<uuid>"`.
        while let Some(at) = [rest.find("by: "), rest.find("by\":\"")].into_iter().flatten().min() {
            let begin = at + if rest[at..].starts_with("by: ") { 4 } else { 5 };
            let name = &rest[begin..begin + 36];
            let number = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            });
            canonical.push_str(&rest[..begin]);
            canonical.push_str(&number.to_string());
            rest = &rest[begin + 36..];
        }
        canonical.push_str(rest);
        let mut hasher = DefaultHasher::new();
        canonical.hash(&mut hasher);
        hasher.finish()
    }

    /// Both pollers have ended; the schedule goes on with one. Returns whether it was told twice.
    fn finish(self, steps: &[Step]) -> bool {
        let Self { world, killed, may_be_old, .. } = self;
        world.with(|inner| inner.stepped = false);
        for _ in 0..4 {
            world.poll_a_minute_later(&store_images());
        }
        let told = world.told(&SNS);
        let log = world.take_log();
        assert!(may_be_old || !told.is_empty(), "lost after {steps:?}: {log:#?}");
        assert!(told.iter().all(|told| told == "ami-1 completed"), "{told:?}");
        let late = world.with(|inner| inner.late_acks);
        let most = 1 + usize::from(killed) + late;
        assert!(told.len() <= most, "told {} times after {steps:?}: {log:#?}", told.len());
        world.with(|inner| {
            let first = inner.published.first().map(|(_, event, _)| event.id);
            assert!(inner.published.iter().all(|(_, event, _)| Some(event.id) == first));
        });
        told.len() > 1
    }
}

impl Search {
    /// The number of schedules from here on.
    fn explore(
        &mut self,
        start: &World,
        model: &Model,
        mut play: Play,
        steps: &mut Vec<Step>,
    ) -> u128 {
        let state = play.state();
        if let Some(schedules) = self.schedules.get(&state) {
            return *schedules;
        }
        let mut next = play.next_steps(model);
        let schedules = if let Some(last) = next.pop() {
            let mut schedules = 0;
            for step in next {
                steps.push(step);
                let branch = Play::new(start, model, steps);
                schedules += self.explore(start, model, branch, steps);
                steps.pop();
            }
            // The last branch goes on with this play: a future cannot be copied.
            steps.push(last);
            play.take(model, last);
            schedules += self.explore(start, model, play, steps);
            steps.pop();
            schedules
        } else {
            self.ends += 1;
            self.repeats += usize::from(play.finish(steps));
            1
        };
        self.schedules.insert(state, schedules);
        schedules
    }
}

fn search(name: &str, model: &Model) -> Search {
    let start = World::new();
    if !model.is_born {
        start.list(Kind::StoreImage, &(model.before)());
    }
    if model.has_baseline {
        start.poll(&store_images()).unwrap();
    }
    start.list(Kind::StoreImage, &(model.before)());
    start.with(|inner| inner.first_sights_min = model.batches.then_some(1));
    start.with(|inner| inner.stepped = true);
    let mut search = Search::default();
    let play = Play::new(&start, model, &[]);
    let schedules = search.explore(&start, model, play, &mut Vec::new());
    println!(
        "{name}: {schedules} interleavings, {} states, {} ends, {} of them with a repeat, 0 lost",
        search.schedules.len(),
        search.ends,
        search.repeats
    );
    search
}

const KNOWN_RUNNING: Model = Model {
    before: || vec![store("ami-1", 0, State::new("InProgress"))],
    after: || vec![store("ami-1", 0, State::new("Completed"))],
    polls: [2, 2],
    kills: false,
    batches: false,
    is_born: false,
    has_baseline: true,
    every_seconds: 5,
};

const FIRST_SEEN_ENDED: Model = Model {
    before: Vec::new,
    after: || vec![store("ami-1", 1, State::new("Completed"))],
    ..KNOWN_RUNNING
};

#[test]
fn two_pollers_in_every_order_tell_an_ending_exactly_once() {
    for (name, model) in [
        ("known running, 2 and 2 polls", KNOWN_RUNNING),
        ("first seen ended, 2 and 2 polls", FIRST_SEEN_ENDED),
    ] {
        assert_eq!(search(name, &model).repeats, 0);
    }
}

#[test]
fn two_pollers_that_race_for_the_baseline_lose_nothing_that_ends_after_it() {
    for (name, model) in [
        ("running at the baseline, 2 and 2 polls", KNOWN_RUNNING),
        ("nothing at the baseline, 2 and 2 polls", FIRST_SEEN_ENDED),
    ] {
        assert_eq!(search(name, &Model { has_baseline: false, ..model }).repeats, 0);
    }
}

#[test]
fn two_pollers_that_write_first_sights_in_batches_tell_an_ending_exactly_once() {
    let batches = Model { batches: true, ..KNOWN_RUNNING };
    let born = Model {
        before: || vec![store("ami-1", 1, State::new("InProgress"))],
        after: || vec![store("ami-1", 1, State::new("Completed"))],
        is_born: true,
        ..batches
    };
    for (name, model) in [
        ("running at the baseline, in a batch", Model { has_baseline: false, ..batches }),
        ("first seen running, in a batch", born),
    ] {
        assert_eq!(search(name, &model).repeats, 0);
    }
}

#[test]
fn a_holder_so_slow_that_its_lease_runs_out_repeats_only_what_it_could_not_ack() {
    for (name, model) in [
        ("known running, slow holder", KNOWN_RUNNING),
        ("first seen ended, slow holder", FIRST_SEEN_ENDED),
    ] {
        let found = search(name, &Model { every_seconds: 60, ..model });
        // Otherwise the search did not look there.
        assert!(found.repeats > 0);
    }
}

#[test]
fn two_pollers_of_which_one_dies_lose_nothing_and_repeat_at_most_once() {
    for (name, model) in [
        ("known running, 2 and 2 polls, one dies", KNOWN_RUNNING),
        ("first seen ended, 2 and 1 polls, one dies", Model { polls: [2, 1], ..FIRST_SEEN_ENDED }),
    ] {
        // The repeat between publish and ack is met, or the search did not look there.
        assert!(search(name, &Model { kills: true, ..model }).repeats > 0);
    }
}
