//! Progress of the running tasks: bars on a terminal, a line a change elsewhere.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::say;
use crate::render::text::plain;
use crate::task::{Phase, Task, TaskKey};

/// Shows the tasks that are under way.
pub(super) struct Bars {
    all: Option<MultiProgress>,
    shown: BTreeMap<TaskKey, (ProgressBar, String)>,
}

impl Bars {
    pub(super) fn new() -> Self {
        let all = std::io::stderr()
            .is_terminal()
            .then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        Self { all, shown: BTreeMap::new() }
    }

    /// Shows what is listed now. Tasks that had ended before the first look are left out.
    pub(super) fn show(&mut self, tasks: &[Task]) {
        for task in tasks {
            let Some(key) = task.key() else { continue };
            let ended = task.phase() != Phase::Running;
            if !self.shown.contains_key(&key) && ended {
                continue;
            }
            let (bar, last) = self.shown.entry(key).or_insert_with(|| {
                let bar = ProgressBar::hidden().with_style(style());
                bar.set_length(100);
                let bar = self.all.as_ref().map_or(bar.clone(), |all| all.add(bar));
                bar.set_prefix(plain(task.name()));
                (bar, String::new())
            });
            let percent = task.progress_percent.unwrap_or(0);
            bar.set_position(u64::from(percent));
            bar.set_message(plain(task.state.as_str()));
            let line = format!("{:<22} {percent:>3}% {}", task.name(), task.state);
            let line = plain(&line);
            if self.all.is_none() && *last != line {
                say(&line);
            }
            *last = line;
        }
    }

    /// Whether any task was shown so far.
    pub(super) fn is_any_shown(&self) -> bool {
        !self.shown.is_empty()
    }

    /// Writes while the bars are out of the way.
    pub(super) fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.all {
            Some(all) => all.suspend(write),
            None => write(),
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        for (bar, _) in self.shown.values() {
            bar.abandon();
        }
    }
}

fn style() -> ProgressStyle {
    // The template is a constant: where it were wrong, the plain bar is as good.
    ProgressStyle::with_template("{prefix:<22} [{bar:30}] {percent:>3}% {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
