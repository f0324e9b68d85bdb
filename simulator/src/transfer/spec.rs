//! What a scenario says of an import or export task of any kind.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::ids::is_task_id;
use super::kind::TransferKind;
use super::plan::{Transfer, TransferEnd};
use crate::names::is_resource_id;
use crate::scenario::check::{Problem, check_elements, check_percent, check_text, check_words};
use crate::scenario::course::{
    MomentSpec, StallSpec, check_end, check_stall, check_timeline, stall, timeline,
};
use crate::scenario::text::{Span, When};
use crate::settings::Settings;
use crate::world::World;

/// The progress at which a task fails where nothing else is said.
const FAILS_AT_PERCENT: u8 = 50;

/// How it ends, as for other tasks or as EC2 spells it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum End {
    #[default]
    #[serde(alias = "completed")]
    Completed,
    #[serde(alias = "failed")]
    Failed,
    #[serde(alias = "cancelled")]
    Cancelled,
    #[serde(alias = "expired")]
    Expired,
}

/// The fields of a task's entry that all kinds have.
#[derive(Debug)]
pub(crate) struct Common<'a> {
    pub(crate) task_id: &'a str,
    pub(crate) start: Option<When>,
    pub(crate) duration: Option<Span>,
    pub(crate) end: End,
    pub(crate) reason: Option<&'a String>,
    pub(crate) percent: Option<u8>,
    pub(crate) stall: Option<&'a StallSpec>,
    pub(crate) message_moves: bool,
    pub(crate) timeline: &'a [MomentSpec],
    pub(crate) description: Option<&'a String>,
    pub(crate) tags: &'a BTreeMap<String, String>,
    pub(crate) omit: &'a [String],
}

/// Refuses what is no id of a resource that a task makes, where the scenario gives one.
pub(crate) fn check_made(
    field: &str,
    id: Option<&str>,
    prefix: &str,
    what: &str,
) -> Result<(), Problem> {
    let is_right = |text: &str| is_resource_id(prefix, text);
    let example = format!("{prefix}0123456789abcdef0");
    id.map_or(Ok(()), |id| check_text(field, id, is_right, what, &example))
}

/// Makes a kind's entry: its own fields beside those that all kinds have, in one flat list. Serde's
/// `flatten` would do the same, but its errors do not say which field is wrong.
macro_rules! transfer_spec {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            task_id: String,
            start: Option<$crate::scenario::text::When>,
            duration: Option<$crate::scenario::text::Span>,
            #[serde(default)]
            end: $crate::transfer::spec::End,
            reason: Option<String>,
            percent: Option<u8>,
            stall: Option<$crate::scenario::course::StallSpec>,
            #[serde(default)]
            message_moves: bool,
            #[serde(default)]
            timeline: Vec<$crate::scenario::course::MomentSpec>,
            description: Option<String>,
            #[serde(default)]
            tags: std::collections::BTreeMap<String, String>,
            #[serde(default)]
            omit: Vec<String>,
            $($(#[$field_meta])* $field: $type,)*
        }

        impl $name {
            fn common(&self) -> $crate::transfer::spec::Common<'_> {
                $crate::transfer::spec::Common {
                    task_id: &self.task_id,
                    start: self.start,
                    duration: self.duration,
                    end: self.end,
                    reason: self.reason.as_ref(),
                    percent: self.percent,
                    stall: self.stall.as_ref(),
                    message_moves: self.message_moves,
                    timeline: &self.timeline,
                    description: self.description.as_ref(),
                    tags: &self.tags,
                    omit: &self.omit,
                }
            }
        }
    };
}
pub(crate) use transfer_spec;

impl Common<'_> {
    /// Finds what the shape alone does not forbid; `elements` are those of the kind's answers.
    pub(crate) fn check(
        &self,
        settings: &Settings,
        kind: &TransferKind,
        elements: &'static [&'static str],
    ) -> Result<(), Problem> {
        let is_id = |text: &str| is_task_id(kind.prefix, text);
        let example = format!("{}0123456789abcdefg", kind.prefix);
        check_text("task_id", self.task_id, is_id, &format!("{} id", kind.resource), &example)?;
        let fails = self.end == End::Failed;
        check_end(
            fails,
            &[("reason", self.reason.is_some()), ("percent", self.percent.is_some())],
        )?;
        check_words("reason", self.reason)?;
        check_words("description", self.description)?;
        check_percent("percent", self.percent)?;
        for (key, value) in self.tags {
            check_words("tags", Some(key))?;
            check_words("tags", Some(value))?;
        }
        let duration = self.duration.map_or(settings.transfer_duration, |span| span.0);
        let last = match self.end {
            End::Completed => 100,
            _ => self.percent.unwrap_or(FAILS_AT_PERCENT),
        };
        check_stall(self.stall, duration, last)?;
        if self.end == End::Expired && !kind.words.expires {
            let rule = "is only for the export of an instance";
            return Err(Problem::new("end", rule, "write Failed, and a reason"));
        }
        if self.stall.is_some() && kind.words.progress_from.is_none() {
            let rule = format!("is not for {} tasks, which show no progress", kind.resource);
            return Err(Problem::new("stall", rule, "take it out, or write a timeline"));
        }
        if self.message_moves && self.stall.is_none() {
            let rule = "is only for a task whose progress stands still";
            return Err(Problem::new("message_moves", rule, "add stall, or take it out"));
        }
        check_timeline(self.timeline, false)?;
        check_elements("omit", self.omit, elements.iter().copied())
    }

    /// The task, but for what its kind has of its own; relative times count from now.
    pub(crate) fn transfer(&self, world: &World) -> Transfer {
        let duration = self.duration.map_or(world.settings().transfer_duration, |span| span.0);
        let start = self.start.unwrap_or(When::NOW).resolve(world.now());
        let end = match self.end {
            End::Completed => TransferEnd::Completed,
            End::Failed => TransferEnd::Failed {
                reason: self.reason.cloned(),
                percent: self.percent.unwrap_or(FAILS_AT_PERCENT),
            },
            End::Cancelled => TransferEnd::Cancelled,
            End::Expired => TransferEnd::Expired,
        };
        Transfer {
            stall: stall(self.stall),
            message_moves: self.message_moves,
            timeline: timeline(self.timeline),
            description: self.description.cloned(),
            tags: self.tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            omit: self.omit.to_vec(),
            ..Transfer::new(self.task_id, start, duration).ending(end)
        }
    }
}
