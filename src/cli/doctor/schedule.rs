//! Whether the schedule starts the function, and how often.

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::types::ScheduleState;
use jiff::SignedDuration;

use super::finding::Finding;
use crate::aws::error::reason;
use crate::cli::connect::Connection;

/// What was found, and the time from one poll to the next where it is known.
pub(super) async fn examine(
    connection: &Connection,
    group: Option<&str>,
    name: &str,
) -> (Finding, Option<SignedDuration>) {
    let mut config = aws_sdk_scheduler::config::Builder::from(&connection.sdk);
    if let Some(url) = connection.endpoint("SCHEDULER") {
        config = config.endpoint_url(url);
    }
    let about = format!("schedule {name}");
    let get = Client::from_conf(config.build()).get_schedule().name(name);
    let found = match get.set_group_name(group.map(str::to_owned)).send().await {
        Ok(found) => found,
        Err(error) => {
            let why = format!("GetSchedule: {}", reason(&error));
            let mend = "deploy the stack again, or permit scheduler:GetSchedule";
            return (Finding::refused(about, why, mend), None);
        }
    };
    let expression = found.schedule_expression.unwrap_or_default();
    let every = interval(&expression);
    if found.state == Some(ScheduleState::Disabled) {
        let mend = "deploy the stack with Paused=false, or turn it on in the console of EventBridge Scheduler";
        return (Finding::failed(about, "is disabled: nothing is polled", mend), every);
    }
    (Finding::ok(about, format!("starts the function by {expression}")), every)
}

/// The length of `rate(5 minutes)`.
fn interval(expression: &str) -> Option<SignedDuration> {
    let inside = expression.strip_prefix("rate(")?.strip_suffix(')')?;
    let (number, unit) = inside.split_once(' ')?;
    let number: i32 = number.parse().ok()?;
    Some(match unit.strip_suffix('s').unwrap_or(unit) {
        "minute" => SignedDuration::from_mins(number.into()),
        "hour" => SignedDuration::from_hours(number.into()),
        "day" => SignedDuration::from_hours(i64::from(number) * 24),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_as_the_scheduler_writes_it() {
        for (expression, minutes) in [
            ("rate(1 minute)", Some(1)),
            ("rate(15 minutes)", Some(15)),
            ("rate(2 hours)", Some(120)),
            ("rate(1 day)", Some(1440)),
            ("rate(1 year)", None),
            ("cron(0 * * * ? *)", None),
            ("rate()", None),
        ] {
            assert_eq!(
                interval(expression),
                minutes.map(SignedDuration::from_mins),
                "{expression}"
            );
        }
    }
}
