//! What the function's log says of its last polls.

use aws_sdk_cloudwatchlogs::Client;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::finding::Finding;
use crate::aws::error::reason;
use crate::cli::connect::Connection;
use crate::render::text::duration;

/// How far back the log is read where polls are frequent.
const LOOKS_BACK: SignedDuration = SignedDuration::from_mins(15);

/// Pages of the log that are read: its end matters, and a page may be empty.
const PAGES_MAX: usize = 20;

/// Without a poll for so many intervals, something is wrong.
const INTERVALS: i32 = 3;

/// A line of the log, as far as it matters here.
#[derive(Debug, Clone, Deserialize)]
struct Line {
    timestamp: Timestamp,
    level: String,
    message: String,
    /// The summary of a poll has this.
    targets: Option<u64>,
    #[serde(default)]
    failures: u64,
    #[serde(default)]
    left: u64,
}

pub(super) async fn examine(
    connection: &Connection,
    group: &str,
    every: Option<SignedDuration>,
    now: Timestamp,
) -> Finding {
    let mut config = aws_sdk_cloudwatchlogs::config::Builder::from(&connection.sdk);
    if let Some(url) = connection.endpoint("CLOUDWATCH_LOGS") {
        config = config.endpoint_url(url);
    }
    let every = every.unwrap_or(SignedDuration::from_mins(1));
    let longest = every.saturating_mul(INTERVALS);
    let from = now.saturating_sub(longest.max(LOOKS_BACK)).unwrap_or(now);
    let mut pages = Client::from_conf(config.build())
        .filter_log_events()
        .log_group_name(group)
        .start_time(from.as_millisecond())
        .filter_pattern("?Polled ?ERROR")
        .into_paginator()
        .send();
    let mut lines: Vec<Line> = Vec::new();
    for _ in 0..PAGES_MAX {
        match pages.next().await {
            None => break,
            Some(Ok(page)) => {
                let messages = page.events.unwrap_or_default().into_iter();
                lines.extend(
                    messages.filter_map(|it| serde_json::from_str(it.message.as_deref()?).ok()),
                );
            }
            Some(Err(error)) => {
                let why = format!("FilterLogEvents of {group}: {}", reason(&error));
                return Finding::warning("last polls", why, "permit logs:FilterLogEvents");
            }
        }
    }
    judged(&lines, longest, now, group)
}

fn judged(lines: &[Line], longest: SignedDuration, now: Timestamp, group: &str) -> Finding {
    let about = "last polls";
    let polls: Vec<&Line> = lines.iter().filter(|line| line.targets.is_some()).collect();
    let last = polls.iter().max_by_key(|line| line.timestamp);
    let error = lines.iter().filter(|line| line.level == "ERROR").max_by_key(|it| it.timestamp);
    let see = format!("read it: aws logs tail {group} --since 1h");
    let Some(last) = last else {
        let says = match error {
            Some(error) => format!("none ended; the log says: {}", error.message),
            None => "none that the log knows of".to_owned(),
        };
        return Finding::failed(about, says, see);
    };
    let age = now.duration_since(last.timestamp);
    let ago = duration(u64::try_from(age.as_secs()).unwrap_or(0));
    let failed = polls.iter().filter(|line| line.failures > 0).count();
    if age > longest {
        let says = format!("the last one ended {ago} ago");
        return Finding::failed(about, says, "look at the schedule and at the alarms");
    }
    if last.failures > 0 {
        let why = error.map(|error| format!("; {}", error.message)).unwrap_or_default();
        let says = format!("the last one, {ago} ago, failed in part{why}");
        return Finding::failed(about, says, see);
    }
    let says = format!("{} in the log, the last {ago} ago without a failure", polls.len());
    if failed > 0 {
        return Finding::warning(about, format!("{says}; {failed} before it failed in part"), see);
    }
    if last.left > 0 {
        let left = last.left;
        return Finding::warning(about, format!("{says}; {left} events wait to be told"), see);
    }
    Finding::ok(about, says)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    fn line(at: &str, level: &str, message: &str, failures: Option<u64>) -> Line {
        let text = serde_json::json!({
            "timestamp": at, "level": level, "message": message, "targets": failures.map(|_| 2),
            "failures": failures.unwrap_or(0), "left": 0, "span": {"account": "1"},
        });
        serde_json::from_value(text).unwrap()
    }

    #[test]
    fn the_last_poll_decides_and_the_log_says_why_it_failed() {
        let now: Timestamp = "2026-11-22T01:00:00Z".parse().unwrap();
        let good = line("2026-11-22T00:59:00Z", "INFO", "Polled 2 targets", Some(0));
        let old = line("2026-11-22T00:50:00Z", "INFO", "Polled 2 targets", Some(0));
        let bad = line("2026-11-22T00:58:00Z", "INFO", "Polled 2 targets", Some(1));
        let late = line("2026-11-22T00:59:30Z", "INFO", "Polled 2 targets", Some(1));
        let error = line("2026-11-22T00:58:00Z", "ERROR", "sns is not available", None);
        for (lines, verdict, words) in [
            (vec![], Verdict::Failed, "none that the log knows of"),
            (vec![error.clone()], Verdict::Failed, "sns is not available"),
            (vec![old.clone()], Verdict::Failed, "10 minutes ago"),
            (vec![old.clone(), good.clone()], Verdict::Ok, "2 in the log, the last 1 minute ago"),
            (vec![bad, good.clone()], Verdict::Warning, "1 before it failed in part"),
            (vec![good.clone(), error, late], Verdict::Failed, "in part; sns is not available"),
            (vec![Line { left: 3, ..good }], Verdict::Warning, "3 events wait to be told"),
        ] {
            let finding = judged(&lines, SignedDuration::from_mins(3), now, "group");
            assert_eq!(finding.verdict, verdict, "{lines:?}");
            assert!(finding.text().contains(words), "{words}: {}", finding.text());
        }
    }
}
