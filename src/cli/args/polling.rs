//! The arguments of `poll` and `watch`.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::Args;
use jiff::SignedDuration;

use super::{AccountsArgs, OutputForm, STALLED_AFTER_MINUTES, WhereArgs, time};
use crate::cli::watch::WebhookChoice;
use crate::event::Outcome;
use crate::poll::{LISTING_CALLS_MAX, LISTING_CALLS_MIN};
use crate::record::{RECORD_KEPT_FOR, RECORD_KEPT_FOR_MAX};
use crate::rules;

/// The days for which a store may be told to keep the records of ended tasks.
const KEEP_DAYS: RangeInclusive<i64> =
    RECORD_KEPT_FOR.as_hours() / 24..=RECORD_KEPT_FOR_MAX.as_hours() / 24;

/// What is polled, and what is told of it
#[derive(Debug, Args)]
pub struct PollingArgs {
    /// Where to look
    #[command(flatten)]
    pub place: WhereArgs,
    /// In which accounts
    #[command(flatten)]
    pub accounts: AccountsArgs,
    /// File that remembers the tasks [default: `AMIWATCH_STATE`, else amiwatch/state.db in the
    /// user's state folder]
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Outcome to tell; may be given several times [default: all but started]
    #[arg(long = "tell", value_name = "OUTCOME")]
    pub tell: Vec<Outcome>,
    /// Minutes without progress after which a task counts as stalled
    #[arg(long, value_name = "N", default_value_t = 180, value_parser = clap::value_parser!(u32).range(STALLED_AFTER_MINUTES))]
    pub stalled_after_minutes: u32,
    /// Days for which ended tasks are remembered, for `history`
    #[arg(long, value_name = "DAYS", default_value_t = 45, value_parser = clap::value_parser!(u32).range(KEEP_DAYS))]
    pub keep_days: u32,
    /// Do not ask EC2 what the AMIs in notifications are called (`DescribeImages`)
    #[arg(long)]
    pub no_image_names: bool,
    /// Most calls of DescribeStoreImageTasks for a Region in one poll
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(i64::from(LISTING_CALLS_MIN)..=i64::from(LISTING_CALLS_MAX)))]
    pub listing_calls: u32,
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputForm,
}

/// `amiwatch poll`
#[derive(Debug, Args)]
pub struct PollArgs {
    /// What is polled, and what is told of it
    #[command(flatten)]
    pub polling: PollingArgs,
    /// DynamoDB table that remembers the tasks, instead of a file; shared with other pollers, which
    /// publish to the same topic
    #[arg(long, requires = "topic", conflicts_with = "state", value_parser = rules::table)]
    pub table: Option<String>,
    /// SNS topic to publish to, instead of the terminal
    #[arg(long, value_name = "ARN", value_parser = rules::topic_arn)]
    pub topic: Option<String>,
}

/// `amiwatch watch`
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// What is polled, and what is told of it
    #[command(flatten)]
    pub polling: PollingArgs,
    /// Time from one poll to the next, 4s or more
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = interval)]
    pub every: SignedDuration,
    /// Shell command to run for each event, which it gets as JSON on stdin and in parts in variables
    /// such as `AMIWATCH_SUBJECT`; one that fails or takes more than 7.5 seconds is tried again
    #[arg(long, value_name = "CMD", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub exec: Option<String>,
    /// Chat app with the file that holds its webhook's URL, such as slack=FILE or teams=FILE; may be
    /// given for each app
    #[arg(long = "webhook", value_name = "APP=URL_FILE")]
    pub webhooks: Vec<WebhookChoice>,
    /// SNS topic to publish to as well
    #[arg(long, value_name = "ARN", value_parser = rules::topic_arn)]
    pub topic: Option<String>,
    /// Do not tell on the terminal
    #[arg(long)]
    pub no_terminal: bool,
}

/// Half of what EC2 refills of `DescribeStoreImageTasks` is left to others.
const SHORTEST_INTERVAL: SignedDuration = SignedDuration::from_secs(4);

fn interval(text: &str) -> Result<SignedDuration, String> {
    let interval = time(text)?;
    if interval < SHORTEST_INTERVAL {
        return Err(format!(
            "\"{text}\" is too often: others list tasks in the account too; write 4s or more"
        ));
    }
    Ok(interval)
}
