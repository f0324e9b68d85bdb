//! What is seen while waiting: a bar a task on a terminal, else a line where something has moved.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::{SignedDuration, Timestamp};

use super::course::Course;
use crate::cli::output::{say, toned};
use crate::event::Event;
use crate::render::story::{Story, Why};
use crate::render::text::{duration, plain, truncate};
use crate::task::{Phase, Task};

/// Without a terminal a task is mentioned no more often, unless its state changes.
const LINES_APART: SignedDuration = SignedDuration::from_mins(1);

/// Below it a percentage says little: stores wait at a low one for their turn.
const ESTIMATED_FROM: u8 = 10;

/// The longest name beside a bar: an import's id, or an AMI with the beginning of its bucket.
const LONGEST_NAME: usize = 36;

/// The longest status message in a line.
const LONGEST_MESSAGE: usize = 60;

/// What is on the terminal, or was last said.
pub(super) struct Shown {
    all: Option<MultiProgress>,
    bars: BTreeMap<usize, ProgressBar>,
    said: BTreeMap<usize, Said>,
}

struct Said {
    state: String,
    line: String,
    at: Timestamp,
}

impl Shown {
    pub(super) fn new() -> Self {
        let all = std::io::stderr()
            .is_terminal()
            .then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        Self { all, bars: BTreeMap::new(), said: BTreeMap::new() }
    }

    pub(super) fn show(&mut self, courses: &[Course], now: Timestamp) {
        let names = courses.iter().map(|it| plain(&it.wanted.to_string()).chars().count());
        let names = names.max().unwrap_or(0).min(LONGEST_NAME);
        for (index, course) in courses.iter().enumerate() {
            let Some(task) = &course.task else { continue };
            if !self.said.contains_key(&index) && course.others > 0 {
                self.beside(|| say(&others(course, task)));
            }
            match &self.all {
                Some(all) => {
                    let bar = self.bars.entry(index).or_insert_with(|| {
                        let bar = all.add(ProgressBar::new(100).with_style(style(names)));
                        bar.set_prefix(plain(&course.wanted.to_string()));
                        bar
                    });
                    bar.set_position(task.progress_percent.unwrap_or(0).into());
                    bar.set_message(bar_message(course, task, now));
                    if course.outcome.is_some() {
                        // Not `finish`, which fills the bar also of what failed half-way.
                        bar.abandon();
                    }
                    let state = task.state.to_string();
                    self.said.entry(index).or_insert(Said { state, line: String::new(), at: now });
                }
                None => self.say(index, course, task, now),
            }
        }
    }

    fn say(&mut self, index: usize, course: &Course, task: &Task, now: Timestamp) {
        let state = task.state.to_string();
        let line = format!("{} {}", plain(&course.wanted.to_string()), progress(task));
        if let Some(before) = self.said.get(&index) {
            let is_soon = now.duration_since(before.at) < LINES_APART;
            if before.line == line || (is_soon && before.state == state) {
                return;
            }
        }
        if course.outcome.is_none() {
            let rest = estimate(task, now).map_or_else(String::new, |rest| format!(", {rest}"));
            say(&format!("{line}{rest}"));
        }
        self.said.insert(index, Said { state, line, at: now });
    }

    /// Writes while the bars are out of the way.
    pub(super) fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.all {
            Some(all) => all.suspend(write),
            None => write(),
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        for bar in self.bars.values() {
            bar.abandon();
        }
    }
}

/// How a task ended, in a line, and why in another where it did not end well.
pub(super) fn ended(event: &Event) -> String {
    let story = Story::of(event);
    let took = event.detail.duration_seconds.map(|it| format!(", after {}", duration(it)));
    let why = match &story.why {
        Some(Why::Given(reason)) => format!("\n    {}", plain(reason)),
        Some(Why::NotGiven) => "\n    EC2 gave no reason".to_owned(),
        None => String::new(),
    };
    let line = format!("{}{}", story.subject, took.unwrap_or_default());
    format!("{}{why}", toned(&line, story.tone))
}

/// `is InProgress, 42%, converting`
pub(super) fn progress(task: &Task) -> String {
    let mut parts = vec![format!("is {}", plain(task.state.as_str()))];
    parts.extend(task.progress_percent.map(|percent| format!("{percent}%")));
    let running = task.phase() == Phase::Running;
    let message = task.subject.status_message.as_deref().filter(|_| running);
    parts.extend(message.map(|text| truncate(&plain(text), LONGEST_MESSAGE)));
    parts.join(", ")
}

fn bar_message(course: &Course, task: &Task, now: Timestamp) -> String {
    let since = task.started_at.or(course.first_seen_at).unwrap_or(now);
    let elapsed = u64::try_from(now.duration_since(since).as_secs()).unwrap_or(0);
    let running = course.outcome.is_none();
    let left = rest(task, now).filter(|_| running).map(|rest| format!("~{} left", brief(rest)));
    let of = if task.started_at.is_some() { "" } else { "seen " };
    let message = task.subject.status_message.as_deref().filter(|_| running);
    let parts = [
        Some(plain(task.state.as_str())),
        Some(format!("{of}{}", brief(elapsed))),
        left,
        message.map(|text| truncate(&plain(text), LONGEST_MESSAGE)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A length of time in as little room as it can be read in: `24m`, `2h 10m`, `3d 4h`.
fn brief(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m"),
        (0, ..) => format!("{hours}h {minutes}m"),
        _ => format!("{days}d {hours}h"),
    }
}

/// How long it may still take, as far as its own pace says so: only where EC2 says when it started, and
/// where its percentage says anything.
fn estimate(task: &Task, now: Timestamp) -> Option<String> {
    Some(format!("about {} left at this pace", duration(rest(task, now)?)))
}

fn rest(task: &Task, now: Timestamp) -> Option<u64> {
    let percent = task.progress_percent.filter(|it| (ESTIMATED_FROM..100).contains(it))?;
    let elapsed = u64::try_from(now.duration_since(task.started_at?).as_secs()).ok()?;
    let rest = elapsed.saturating_mul(u64::from(100 - percent)) / u64::from(percent);
    // No more exact than it can be.
    Some(if rest < 120 { rest.div_ceil(30) * 30 } else { rest.div_ceil(60) * 60 })
}

fn others(course: &Course, task: &Task) -> String {
    let id = plain(&course.wanted.id);
    let bucket = plain(task.subject.bucket.as_deref().unwrap_or_default());
    let start = task.started_at.map_or_else(String::new, |it| format!(", started {it:.0}"));
    format!(
        "{id} was stored more than once: this is the newest store, to {bucket}{start}; for another write \
         {id}@BUCKET"
    )
}

/// A bar behind names of so many characters. On a narrow terminal the message is cut, and its end is what
/// matters least.
fn style(names: usize) -> ProgressStyle {
    // Where the template were wrong, the plain bar is as good.
    ProgressStyle::with_template(&format!(
        "{{prefix:<{names}!}} [{{bar:12}}] {{percent:>3}}% {{wide_msg}}"
    ))
    .unwrap_or_else(|_| ProgressStyle::default_bar())
    .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::{Kind, State, Subject};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn store(percent: u8) -> Task {
        Task {
            progress_percent: Some(percent),
            started_at: Some(at("2026-11-22T00:00:00Z")),
            ..Task::new(Kind::StoreImage, Subject::image("ami-1", "b"), State::new("InProgress"))
        }
    }

    #[test]
    fn an_estimate_is_given_only_where_it_means_something() {
        let now = at("2026-11-22T00:30:00Z");
        for (percent, expected) in [
            (0, None),
            (9, None),
            (10, Some("about 4 hours 30 minutes left at this pace")),
            (50, Some("about 30 minutes left at this pace")),
            (97, Some("about 1 minute left at this pace")),
            (100, None),
        ] {
            assert_eq!(estimate(&store(percent), now).as_deref(), expected, "{percent}");
        }
        let without_start = Task { started_at: None, ..store(50) };
        assert_eq!(estimate(&without_start, now), None);
    }

    #[test]
    fn a_bar_says_what_matters_first_and_in_little_room() {
        for (seconds, text) in
            [(59, "59s"), (61, "1m"), (3_599, "59m"), (7_800, "2h 10m"), (273_600, "3d 4h")]
        {
            assert_eq!(brief(seconds), text);
        }
        let course = |task: &Task| {
            let mut course = Course::new("ami-1".parse().unwrap());
            course.task = Some(task.clone());
            course
        };
        let now = at("2026-11-22T00:30:00Z");
        let task = store(50);
        assert_eq!(bar_message(&course(&task), &task, now), "InProgress, 30m, ~30m left");
    }

    #[test]
    fn a_line_says_state_percentage_and_message() {
        assert_eq!(progress(&store(42)), "is InProgress, 42%");
        let mut import =
            Task::new(Kind::ImportImage, Subject::of_task("import-ami-1"), State::new("active"));
        import.subject.status_message = Some("converting\u{1b}[31m".into());
        assert_eq!(progress(&import), "is active, converting[31m");
    }
}
