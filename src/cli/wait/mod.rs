//! `amiwatch wait`: until tasks have ended, whatever their kind and however they end.

mod course;
mod look;
mod pace;
mod show;
mod wanted;

use std::collections::BTreeSet;
use std::time::Duration;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

pub(super) use wanted::Wanted;

use self::course::Course;
use self::look::{Found, Looking};
use self::show::Shown;
use super::args::{OutputForm, WaitArgs};
use super::connect::Connection;
use super::output::{Reader, fail, json_line, print, say};
use super::reach::Reach;
use super::terminal::is_trouble;
use super::{CliError, Exit};
use crate::clock::SystemClock;
use crate::event::{Event, Transition};
use crate::place::Place;
use crate::ports::Clock;
use crate::render::text::plain;
use crate::targets::Regions;
use crate::task::{Choice, Kind};

pub(super) async fn run(args: WaitArgs) -> Result<Exit, CliError> {
    if !args.all_running {
        args.place.without_kinds().map_err(CliError)?;
    }
    let connection = Connection::open(&args.place).await?;
    let account = match args.output {
        OutputForm::Json if args.accounts.is_unsaid() => connection.account(None).await?,
        // Only an event names it, and a place has it where accounts were named.
        _ => String::new(),
    };
    let regions = Regions::Listed(connection.regions.clone());
    let kinds = Choice::kinds(&args.place.kinds);
    let Reach { ec2: source, places, faults, .. } =
        Reach::of_looks(&connection, &args.accounts, regions, kinds).await?;
    if !faults.is_empty() {
        // What is waited for may be there.
        return Err(CliError(plain(&faults.join("; "))));
    }
    let clock = SystemClock;
    let began = clock.now();
    let looking = Looking { source: &source, places: &places, clock: &clock };
    let mut courses: Vec<Course> = Vec::new();
    for wanted in &args.ids {
        if !courses.iter().any(|known| known.wanted == *wanted) {
            courses.push(Course::new(wanted.clone()));
        }
    }
    let mut is_in_part = false;
    if args.all_running {
        let (running, faults) = looking.all_running().await.map_err(CliError)?;
        for fault in &faults {
            fail(&plain(fault));
        }
        is_in_part = !faults.is_empty();
        courses = running;
        if courses.is_empty() {
            if is_in_part {
                return Ok(Exit::InPart);
            }
            say(&format!("nothing runs in {}", looking.named()));
            return Ok(Exit::Done);
        }
    }
    let mut waiting = Waiting {
        args: &args,
        account,
        began,
        looking,
        courses,
        shown: Shown::new(),
        told: BTreeSet::new(),
        reader_gone: false,
    };
    match waiting.wait().await? {
        Exit::Done if is_in_part => Ok(Exit::InPart),
        exit => Ok(exit),
    }
}

struct Waiting<'a> {
    args: &'a WaitArgs,
    account: String,
    began: Timestamp,
    looking: Looking<'a>,
    courses: Vec<Course>,
    shown: Shown,
    /// The courses whose ends were printed.
    told: BTreeSet<usize>,
    reader_gone: bool,
}

impl Waiting<'_> {
    async fn wait(&mut self) -> Result<Exit, CliError> {
        let mut rng = Rng::new();
        let mut failures = 0;
        let each = Duration::try_from(self.args.pause).unwrap_or(pace::FOR_EACH_CALL);
        loop {
            let left = self.left(self.looking.clock.now());
            // A long listing is read slowly.
            let Ok(found) = tokio::time::timeout(left, self.look()).await else {
                return Ok(self.timed_out());
            };
            let now = self.looking.clock.now();
            match &found.failure {
                None => failures = 0,
                Some(failure) => {
                    failures += 1;
                    // What is wrong at the first look, such as a right that is missing, stays wrong.
                    if failures > pace::FAILURES_MAX || self.has_seen_none() {
                        return Err(CliError(plain(failure)));
                    }
                    if failures == 1 {
                        let text = format!("cannot look at the moment: {}", plain(failure));
                        self.shown.beside(|| say(&text));
                    }
                }
            }
            if found.failure.is_none() {
                self.check_unknown(now)?;
            }
            self.shown.show(&self.courses, now);
            self.tell(now)?;
            if let Some(exit) = self.exit() {
                return Ok(exit);
            }
            let pause = pace::pause(each, found.calls, failures, &mut rng);
            let left = self.left(now);
            if left.is_zero() {
                return Ok(self.timed_out());
            }
            tokio::time::sleep(pause.min(left)).await;
        }
    }

    /// What is left until the time-out.
    fn left(&self, now: Timestamp) -> Duration {
        let end = self.began.saturating_add(self.args.timeout).unwrap_or(Timestamp::MAX);
        Duration::try_from(end.duration_since(now)).unwrap_or_default()
    }

    async fn look(&mut self) -> Found {
        let not_before =
            self.args.appear.map(|appear| self.began.saturating_sub(appear).unwrap_or(self.began));
        self.looking.look(&mut self.courses, not_before).await
    }

    fn has_seen_none(&self) -> bool {
        self.courses.iter().all(|course| course.task.is_none())
    }

    /// A task that is not listed is an error at once, or when the time for it to appear is over.
    fn check_unknown(&mut self, now: Timestamp) -> Result<(), CliError> {
        let appears_until = self.args.appear.unwrap_or(SignedDuration::ZERO);
        if now.duration_since(self.began) < appears_until {
            return Ok(());
        }
        let unknown: Vec<&Course> = self.courses.iter().filter(|it| it.task.is_none()).collect();
        let Some(first) = unknown.first() else { return Ok(()) };
        let names: Vec<String> = unknown.iter().map(|it| it.wanted.to_string()).collect();
        let operation = first.wanted.kind.identity().operation;
        let places = self.looking.named();
        let way_out = if self.args.appear.is_some() {
            "check the id, the Region and the account"
        } else {
            "check the id, the Region and the account, or give --appear 2m where it has only just been \
             started"
        };
        let names = names.join(", ");
        Err(CliError(format!("{operation} does not list {names} in {places}: {way_out}")))
    }

    /// Prints the ends that were not printed yet.
    fn tell(&mut self, now: Timestamp) -> Result<(), CliError> {
        for (index, course) in self.courses.iter().enumerate() {
            let Some(event) = self.event(course, now) else { continue };
            if !self.told.insert(index) || self.reader_gone {
                continue;
            }
            let text = match self.args.output {
                OutputForm::Json => json_line(&event)?,
                OutputForm::Text => show::ended(&event),
            };
            let reader = self.shown.beside(|| print(&text))?;
            self.reader_gone = reader == Reader::Gone;
        }
        Ok(())
    }

    /// The event of an end.
    fn event(&self, course: &Course, now: Timestamp) -> Option<Event> {
        let (outcome, task) = (course.outcome?, course.task.as_ref()?);
        let Place { account, region } = course.place.as_ref()?;
        let account = if account.is_empty() { &self.account } else { account };
        let place = Place::new(account, region);
        let change = Transition {
            outcome,
            previous_state: course.previous_state.as_deref(),
            first_seen_at: course.first_seen_at?,
            observed_at: now,
        };
        Some(Event::of(&place, &task.key()?, task, change))
    }

    fn exit(&self) -> Option<Exit> {
        let mut outcomes = self.courses.iter().filter_map(|course| course.outcome);
        let is_any_in_trouble = outcomes.any(is_trouble);
        let all_ended = self.courses.iter().all(|course| course.outcome.is_some());
        match (is_any_in_trouble, all_ended) {
            (true, true) => Some(Exit::TaskInTrouble),
            (true, false) => self.args.fail_fast.then_some(Exit::TaskInTrouble),
            (false, true) => Some(if self.reader_gone { Exit::InPart } else { Exit::Done }),
            (false, false) => None,
        }
    }

    fn timed_out(&self) -> Exit {
        let open = self.courses.iter().filter(|course| course.outcome.is_none());
        for course in open {
            let name = plain(&course.wanted.to_string());
            let state = match &course.task {
                Some(task) => show::progress(task),
                None => "is not listed".to_owned(),
            };
            self.shown.beside(|| say(&format!("timed out: {name} {state}")));
        }
        let outcomes = self.courses.iter().filter_map(|course| course.outcome);
        if outcomes.into_iter().any(is_trouble) { Exit::TaskInTrouble } else { Exit::TimedOut }
    }
}

/// The kinds of some courses, each once.
fn kinds<'a>(courses: impl IntoIterator<Item = &'a Course>) -> BTreeSet<Kind> {
    courses.into_iter().map(|course| course.wanted.kind).collect()
}
