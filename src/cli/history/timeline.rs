//! Tasks as bars on one axis of time, for a terminal: pure.

use jiff::Timestamp;

use crate::cli::remembered::Past;
use crate::event::Outcome;
use crate::render::text::{plain, shorten};

/// The columns where nobody says how many there are.
const WIDTH: usize = 100;

/// The longest name of a task.
const LONGEST_NAME: usize = 32;

/// The least that an axis takes.
const SHORTEST_AXIS: usize = 12;

/// The times of the axis, and one line a task, from its start to its end or to now.
pub(super) fn draw(all: &[Past], now: Timestamp, width: Option<usize>) -> String {
    let width = width.unwrap_or(WIDTH);
    let names: Vec<String> = all.iter().map(|it| shorten(&plain(&it.task), LONGEST_NAME)).collect();
    let name_width = names.iter().map(String::len).max().unwrap_or(0);
    let outcomes = all.iter().map(|it| it.said().len()).max().unwrap_or(0);
    let axis = width.saturating_sub(name_width + outcomes + 4).max(SHORTEST_AXIS);
    let from = all.iter().map(|it| it.began_at).min().unwrap_or(now);
    let to = all.iter().map(|it| it.ended_at.unwrap_or(now)).max().unwrap_or(now).max(from);
    let span = to.duration_since(from).as_secs().max(1);
    let at = |time: Timestamp| {
        let seconds = time.duration_since(from).as_secs().clamp(0, span);
        let columns = i64::try_from(axis - 1).unwrap_or(0);
        usize::try_from(seconds.saturating_mul(columns) / span).unwrap_or(0)
    };
    let mut lines = vec![format!("{from:.0} to {to:.0}")];
    for (past, name) in all.iter().zip(&names) {
        let (begin, end) = (at(past.began_at), at(past.ended_at.unwrap_or(now)));
        let end = end.max(begin);
        let bar = bar(past.outcome).to_string().repeat(end - begin + 1);
        let rest = " ".repeat(axis.saturating_sub(end + 1));
        lines.push(format!(
            "{name:name_width$}  {}{bar}{rest}  {}",
            " ".repeat(begin),
            past.said()
        ));
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

fn bar(outcome: Option<Outcome>) -> char {
    match outcome {
        Some(Outcome::Completed) => '█',
        Some(Outcome::Failed | Outcome::Cancelled) => 'x',
        Some(Outcome::Vanished | Outcome::Stalled) => '?',
        // The last two are never a task's.
        Some(Outcome::Started | Outcome::Blind | Outcome::Seeing) | None => '░',
    }
}
