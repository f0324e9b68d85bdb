//! What there is to poll: tasks whose whole life is a function of the time.

use amiwatch::place::Place;
use amiwatch::ports::Page;
use amiwatch::record::{Cursor, EC2_LISTS_FOR};
use amiwatch::task::{Failure, Kind, State, Subject, Task, TaskKey};
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

use super::zero;

/// How a task's life ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Completed,
    Failed,
    /// It leaves the listing while it runs.
    Vanished,
}

/// The life of one task.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub(crate) place: Place,
    pub(crate) key: TaskKey,
    subject: Subject,
    bucket: String,
    pub(crate) start: Timestamp,
    /// EC2 lists it from then on.
    pub(crate) listed_from: Timestamp,
    pub(crate) ends_at: Timestamp,
    pub(crate) end: End,
    /// EC2 lists it until then.
    pub(crate) listed_until: Timestamp,
    /// It had ended before the first poll.
    pub(crate) old: bool,
}

impl Story {
    pub(crate) fn is_listed(&self, at: Timestamp) -> bool {
        self.listed_from <= at && at < self.listed_until
    }

    /// What EC2 says of it.
    pub(crate) fn task(&self, at: Timestamp) -> Task {
        let whole = self.ends_at.duration_since(self.start).as_secs().max(1);
        let percent = at.duration_since(self.start).as_secs().clamp(0, whole) * 100 / whole;
        let ended = at >= self.ends_at;
        let kind = self.key.kind();
        let is_bundle = kind == Kind::Bundle;
        let ended = ended.then_some(self.end).filter(|end| *end != End::Vanished);
        let state = match (kind, ended) {
            (Kind::StoreImage, Some(End::Completed)) => "Completed",
            (Kind::StoreImage, Some(_)) => "Failed",
            (Kind::StoreImage, None) => "InProgress",
            (Kind::Bundle, Some(End::Completed)) => "complete",
            (Kind::Bundle, Some(_)) => "failed",
            (Kind::Bundle, None) if percent < 50 => "bundling",
            (Kind::Bundle, None) => "storing",
            (_, Some(End::Completed)) => "completed",
            (_, Some(_)) => "deleted",
            (_, None) => "active",
        };
        let state = State::new(state);
        let reason = || Failure { code: None, message: Some("the bucket is gone".into()) };
        Task {
            kind,
            subject: Subject { bucket: Some(self.bucket.clone()), ..self.subject.clone() },
            state,
            // In steps of ten, so that not every poll has something to write.
            progress_percent: u8::try_from(percent / 10 * 10).ok(),
            started_at: Some(self.start),
            updated_at: is_bundle.then_some(self.ends_at.min(at)),
            failure: (ended == Some(End::Failed)).then(reason),
        }
    }
}

/// All tasks of one place, store tasks by their start.
#[derive(Debug)]
pub(crate) struct Tasks {
    pub(crate) place: Place,
    pub(crate) stores: Vec<Story>,
    pub(crate) bundles: Vec<Story>,
    pub(crate) page_size: usize,
    images: u64,
    /// The next minute in which tasks may be born.
    next_minute: Timestamp,
}

impl Tasks {
    pub(crate) fn new(place: Place, page_size: usize) -> Self {
        let (stores, bundles) = (Vec::new(), Vec::new());
        Self { place, stores, bundles, page_size, images: 0, next_minute: zero() }
    }

    /// Adds a store task; it must start after all others.
    pub(crate) fn store(&mut self, start: Timestamp, takes: SignedDuration, end: End) -> usize {
        self.images += 1;
        let image = format!("ami-{:017x}", self.images);
        self.store_again(&image, "bucket-a", start, takes, end)
    }

    pub(crate) fn store_again(
        &mut self,
        image: &str,
        bucket: &str,
        start: Timestamp,
        takes: SignedDuration,
        end: End,
    ) -> usize {
        let ends_at = start + takes;
        self.stores.push(Story {
            place: self.place.clone(),
            key: TaskKey::by_start(Kind::StoreImage, image, bucket, start),
            subject: Subject::image(image, bucket),
            bucket: bucket.into(),
            start,
            listed_from: start,
            ends_at,
            end,
            listed_until: if end == End::Vanished { ends_at } else { start + EC2_LISTS_FOR },
            old: false,
        });
        self.stores.len() - 1
    }

    /// A task of one of the kinds that are listed whole, in turn.
    pub(crate) fn bundle(
        &mut self,
        start: Timestamp,
        takes: SignedDuration,
        end: End,
        listed_for: SignedDuration,
    ) -> usize {
        let whole: Vec<Kind> =
            Kind::ALL.into_iter().filter(|kind| !kind.identity().is_newest_first()).collect();
        let kind = whole[self.bundles.len() % whole.len()];
        let id = format!("{kind}-{:08x}", self.bundles.len());
        let ends_at = start + takes;
        self.bundles.push(Story {
            place: self.place.clone(),
            key: TaskKey::by_id(kind, &id),
            subject: Subject::of_task(id),
            bucket: "bucket-a".into(),
            start,
            listed_from: start,
            ends_at,
            end,
            listed_until: if end == End::Vanished { ends_at } else { ends_at + listed_for },
            old: false,
        });
        self.bundles.len() - 1
    }

    /// The AMI and the bucket of a random store task.
    pub(crate) fn some_image(&self, rng: &mut Rng) -> Option<(String, String)> {
        let story = self.stores.get(rng.usize(..self.stores.len().max(1)))?;
        Some((story.subject.image_id.clone()?, story.bucket.clone()))
    }

    /// One page as EC2 would give it at this time. `shift` moves its beginning.
    pub(crate) fn page(
        &self,
        kind: Kind,
        at: Timestamp,
        token: Option<&str>,
        shift: isize,
    ) -> Page {
        if !kind.identity().is_newest_first() {
            let listed = self.bundles.iter().filter(|story| story.key.kind() == kind);
            let listed = listed.filter(|story| story.is_listed(at));
            let tasks = listed.map(|story| story.task(at)).collect();
            return Page { tasks, calls: 1, ..Page::default() };
        }
        let below: usize = token.map_or(self.stores.len(), |token| token.parse().unwrap());
        let below = below.saturating_add_signed(-shift).min(self.stores.len());
        let mut listed = (0..below).rev().filter(|n| self.stores[*n].is_listed(at));
        let on_page: Vec<usize> = listed.by_ref().take(self.page_size).collect();
        let token = listed.next().and(on_page.last()).map(ToString::to_string);
        let page_size = i32::try_from(self.page_size).unwrap();
        let next = token.map(|token| Cursor { token, page_size });
        let tasks = on_page.iter().map(|n| self.stores[*n].task(at)).collect();
        Page { tasks, rejected: Vec::new(), next, calls: 1, throttled: 0 }
    }
}

/// What happens in the minutes that passed.
pub(crate) fn births_until(tasks: &mut Tasks, rng: &mut Rng, now: Timestamp) {
    while tasks.next_minute < now {
        births(tasks, rng, tasks.next_minute);
        tasks.next_minute += SignedDuration::from_secs(60);
    }
}

/// What happens in a minute: tasks are born; what becomes of them is settled then.
pub(crate) fn births(tasks: &mut Tasks, rng: &mut Rng, now: Timestamp) {
    let burst = if rng.u32(..3_000) == 0 { rng.usize(30..300) } else { 0 };
    for n in 0..usize::from(rng.u32(..5) == 0) + burst {
        let start = now + SignedDuration::from_millis(i64::try_from(n).unwrap());
        let takes = match rng.u32(..20) {
            // Born and ended between two polls.
            0..6 => SignedDuration::from_secs(rng.i64(1..50)),
            // Long, so that it is left below the watermark.
            6 => SignedDuration::from_mins(rng.i64(120..900)),
            _ => SignedDuration::from_secs(rng.i64(60..5_400)),
        };
        let end = match rng.u32(..20) {
            0..3 => End::Failed,
            3 => End::Vanished,
            _ => End::Completed,
        };
        let again = (rng.u32(..10) == 0).then(|| tasks.some_image(rng)).flatten();
        let born = match again {
            // To the other bucket, or to the same one again.
            Some((image, bucket)) => {
                let bucket = if rng.bool() { bucket } else { "bucket-b".into() };
                tasks.store_again(&image, &bucket, start, takes, end)
            }
            None => tasks.store(start, takes, end),
        };
        if rng.u32(..25) == 0 {
            // EC2 lists it late.
            let story = &mut tasks.stores[born];
            story.listed_from = start + SignedDuration::from_secs(rng.i64(30..3_000));
        }
    }
    if rng.u32(..60) == 0 {
        let takes = SignedDuration::from_secs(rng.i64(30..3_600));
        let end = if rng.u32(..5) == 0 { End::Failed } else { End::Completed };
        let end = if rng.u32(..10) == 0 { End::Vanished } else { end };
        tasks.bundle(now, takes, end, SignedDuration::from_mins(rng.i64(20..600)));
    }
}

/// What there was before the first poll: old endings, and some that still run.
pub(crate) fn past(tasks: &mut Tasks, rng: &mut Rng, now: Timestamp) {
    for n in (1..400_i64).rev() {
        let start = now - SignedDuration::from_mins(n * 90);
        let end = if rng.u32(..10) == 0 { End::Failed } else { End::Completed };
        let runs_on = n < 12 && n % 3 == 0;
        let takes = if runs_on { n * 90 + 60 } else { rng.i64(1..60) };
        let born = tasks.store(start, SignedDuration::from_mins(takes), end);
        tasks.stores[born].old = !runs_on;
    }
    for n in 0..4 {
        let start = now - SignedDuration::from_mins(300);
        let takes = SignedDuration::from_mins(if n == 0 { 400 } else { 30 });
        let born = tasks.bundle(start, takes, End::Completed, SignedDuration::from_hours(24));
        tasks.bundles[born].old = n != 0;
    }
}
