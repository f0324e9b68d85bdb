//! What tasks of all kinds have in common: how they fail, stall, and change by the clock.

use std::time::Duration;

use serde::Deserialize;

use super::check::{Problem, check_percent, check_text, check_words};
use super::text::Span;
use crate::curve::Stall;
use crate::status::{Moment, TaskStatus};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StallSpec {
    percent: u8,
    from: Span,
    until: Span,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MomentSpec {
    after: Span,
    state: String,
    progress: Option<u8>,
    code: Option<String>,
    message: Option<String>,
}

pub(crate) fn check_bucket(bucket: &str) -> Result<(), Problem> {
    check_text("bucket", bucket, |text| !text.is_empty(), "bucket", "my-bucket")
}

pub(crate) fn check_end(fails: bool, given: &[(&str, bool)]) -> Result<(), Problem> {
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((field, _)) if !fails => {
            let way_out = "add end: Failed, or take it out";
            Err(Problem::new(*field, "is only for a task that fails", way_out))
        }
        _ => Ok(()),
    }
}

/// `last` is the progress at which the task ends.
pub(crate) fn check_stall(
    stall: Option<&StallSpec>,
    duration: Duration,
    last: u8,
) -> Result<(), Problem> {
    let Some(stall) = stall else { return Ok(()) };
    check_percent("stall.percent", Some(stall.percent))?;
    if stall.percent > last {
        let rule = format!("{} is more than the {last} at which the task ends", stall.percent);
        return Err(Problem::new("stall.percent", rule, "write less: progress never falls"));
    }
    if stall.from.0 < stall.until.0 && stall.until.0 <= duration {
        return Ok(());
    }
    let rule = format!("from must be before until, and until within the duration of {duration:?}");
    Err(Problem::new("stall", rule, "write times counted from the task's start, or set duration"))
}

/// `takes_code` where the task's state has an error code beside its message.
pub(crate) fn check_timeline(moments: &[MomentSpec], takes_code: bool) -> Result<(), Problem> {
    for (index, moment) in moments.iter().enumerate() {
        let field = |name: &str| format!("timeline[{index}].{name}");
        check_percent(&field("progress"), moment.progress)?;
        check_words(&field("message"), moment.message.as_ref())?;
        if !takes_code && moment.code.is_some() {
            let rule = "is only for bundle tasks";
            return Err(Problem::new(field("code"), rule, "write it into message"));
        }
    }
    Ok(())
}

pub(crate) fn timeline(moments: &[MomentSpec]) -> Vec<Moment> {
    let moment = |spec: &MomentSpec| Moment {
        after: spec.after.0,
        status: TaskStatus {
            state: spec.state.clone(),
            progress: spec.progress,
            code: spec.code.clone(),
            message: spec.message.clone(),
        },
    };
    moments.iter().map(moment).collect()
}

pub(crate) fn stall(spec: Option<&StallSpec>) -> Option<Stall> {
    spec.map(|stall| Stall { percent: stall.percent, from: stall.from.0, until: stall.until.0 })
}
