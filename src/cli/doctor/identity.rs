//! Who asks, and whether this machine's clock agrees with AWS's.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::finding::Finding;
use crate::aws::error::reason;
use crate::cli::connect::Connection;
use crate::clock::SystemClock;
use crate::ports::Clock;

/// Leases and the ends of tasks are told by the clock: two pollers may differ by a few seconds.
const SKEW_SECONDS: i64 = 10;

/// AWS refuses signatures that are older or younger.
const SKEW_SECONDS_MAX: i64 = 300;

/// Who asks, and where AWS answers with a date, how well the clock agrees.
pub(super) async fn examine(connection: &Connection) -> Vec<Finding> {
    let mut config = aws_sdk_sts::config::Builder::from(&connection.sdk);
    if let Some(url) = connection.endpoint("STS") {
        config = config.endpoint_url(url);
    }
    let date = DateHeader::default();
    let answer = aws_sdk_sts::Client::from_conf(config.build())
        .get_caller_identity()
        .customize()
        .interceptor(date.clone())
        .send()
        .await;
    let identity = match answer {
        Ok(identity) => {
            let arn = identity.arn.unwrap_or_else(|| "somebody without an ARN".to_owned());
            Finding::ok("identity", arn)
        }
        Err(error) => Finding::refused(
            "identity",
            format!("STS does not tell who asks: {}", reason(&error)),
            "log in (`aws sso login`), name a --profile, or set AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY",
        ),
    };
    [Some(identity), clock(date.read(), SystemClock.now())].into_iter().flatten().collect()
}

/// Whether the clock of this machine agrees with AWS's, to the second.
fn clock(theirs: Option<Timestamp>, ours: Timestamp) -> Option<Finding> {
    let seconds = ours.duration_since(theirs?).as_secs();
    let direction = if seconds > 0 { "ahead of" } else { "behind" };
    let says = format!("this machine is {} s {direction} AWS", seconds.abs());
    let mend = "set the clock by NTP, such as with `timedatectl set-ntp true`";
    Some(match seconds.abs() {
        0..SKEW_SECONDS => Finding::ok("clock", "agrees with AWS's"),
        SKEW_SECONDS..SKEW_SECONDS_MAX => Finding::warning("clock", says, mend),
        _ => Finding::failed("clock", format!("{says}, which refuses such signatures"), mend),
    })
}

/// Keeps the time that an answer was given, as its header says.
#[derive(Debug, Clone, Default)]
struct DateHeader(Arc<Mutex<Option<String>>>);

impl DateHeader {
    fn read(&self) -> Option<Timestamp> {
        let text = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        DateTimeParser::new().parse_timestamp(text).ok()
    }
}

impl Intercept for DateHeader {
    fn name(&self) -> &'static str {
        "DateHeader"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").map(str::to_owned);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn a_clock_is_good_within_ten_seconds_and_useless_beyond_five_minutes() {
        let theirs: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        for (seconds, verdict, words) in [
            (0, Verdict::Ok, "agrees"),
            (-9, Verdict::Ok, "agrees"),
            (10, Verdict::Warning, "10 s ahead of"),
            (-299, Verdict::Warning, "299 s behind"),
            (300, Verdict::Failed, "refuses"),
        ] {
            let ours = theirs + jiff::SignedDuration::from_secs(seconds);
            let finding = clock(Some(theirs), ours).unwrap();
            assert_eq!(finding.verdict, verdict, "{seconds}");
            assert!(finding.text().contains(words), "{}", finding.text());
        }
        assert_eq!(clock(None, theirs), None);
    }

    #[test]
    fn the_date_of_an_answer_is_read_as_http_writes_it() {
        let date = DateHeader::default();
        *date.0.lock().unwrap() = Some("Sun, 22 Nov 2026 00:00:00 GMT".into());
        assert_eq!(date.read(), Some("2026-11-22T00:00:00Z".parse().unwrap()));
        *date.0.lock().unwrap() = Some("yesterday".into());
        assert_eq!(date.read(), None);
    }
}
