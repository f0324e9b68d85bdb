//! What can be written on the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::list::NamedFilter;
use super::wait::Wanted;
use super::watch::WebhookChoice;
use crate::event::Outcome;
use crate::poll::{LISTING_CALLS_MAX, LISTING_CALLS_MIN};
use crate::render::Channel;
use crate::rules;
use crate::task::{Choice, Kind};

/// Tells when an EC2 AMI store task or bundle task ends.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Cli {
    /// Says more on stderr: once what is done, twice what is sent
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Colours
    #[command(flatten)]
    pub color: colorchoice_clap::Color,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists the tasks that EC2 knows
    #[command(
        after_help = "Examples:\n  amiwatch list --running --kind all\n  amiwatch list --failed --since 2d --all-regions -o csv"
    )]
    List(ListArgs),
    /// Polls once, tells what ended since the last poll, and remembers it
    #[command(
        after_help = "Examples:\n  amiwatch poll --kind all                    # in cron: says nothing where nothing is new\n  amiwatch poll -o json | jq .detail"
    )]
    Poll(PollArgs),
    /// Waits until tasks have ended, and says how
    #[command(
        after_help = "Examples:\n  amiwatch wait ami-0123456789abcdef0@my-bucket\n  amiwatch wait \"$(aws ec2 import-snapshot … --query ImportTaskId --output text)\"\n  amiwatch wait --all-running --kind all --timeout 2h"
    )]
    Wait(WaitArgs),
    /// Polls again and again, until it is ended, and tells what ends
    #[command(
        after_help = "Examples:\n  amiwatch watch --kind all --exec 'notify-send \"$AMIWATCH_SUBJECT\"'\n  amiwatch watch --webhook slack=/run/secrets/slack-url --no-terminal"
    )]
    Watch(WatchArgs),
    /// Shows what was seen and told, also of what EC2 no longer lists
    #[command(
        after_help = "Examples:\n  amiwatch history --outcome failed --since 90d\n  amiwatch history --timeline ami-0123456789abcdef0"
    )]
    History(HistoryArgs),
    /// Says everything that is known of one task, and what the next poll does about it
    #[command(after_help = "Example:\n  amiwatch explain import-snap-0123456789abcdef0")]
    Explain(ExplainArgs),
    /// Shows an event as each channel would show it
    #[command(
        after_help = "Example:\n  amiwatch render --kind import-image --outcome failed --channel slack"
    )]
    Render(RenderArgs),
    /// Serves a simulated EC2 task API on this machine
    #[command(after_help = "Example:\n  amiwatch sim --scenario scenarios/demo.yaml --speed 60")]
    Sim(SimArgs),
    /// Shows the whole way on a simulated EC2, in about 20 seconds
    #[command(after_help = "Example:\n  amiwatch demo --speed 120")]
    Demo(DemoArgs),
    /// Prints a completion script for a shell
    #[command(
        after_help = "Example:\n  amiwatch completions bash > ~/.local/share/bash-completion/completions/amiwatch"
    )]
    Completions(CompletionsArgs),
    /// Writes the man pages into a folder
    #[command(after_help = "Example:\n  amiwatch man ~/.local/share/man/man1")]
    Man(ManArgs),
}

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OutputForm {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Where EC2 is asked, and for what.
#[derive(Debug, Args)]
pub struct WhereArgs {
    /// Region; may be given several times [default: the one of the AWS configuration]
    #[arg(short, long = "region", value_name = "REGION", value_parser = rules::region)]
    pub regions: Vec<String>,
    /// Profile of the AWS configuration; wins over keys in the environment [default:
    /// `AWS_PROFILE`]
    #[arg(long)]
    pub profile: Option<String>,
    /// Only tasks of this kind, such as store-image, or all; may be given several times
    #[arg(long = "kind", value_name = "KIND")]
    pub kinds: Vec<Choice>,
}

/// `amiwatch list`
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that is typed by itself")]
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Where to look
    #[command(flatten)]
    pub place: WhereArgs,
    /// Every Region that is enabled for the account
    #[arg(long, conflicts_with = "regions")]
    pub all_regions: bool,
    /// Only what runs
    #[arg(long, conflicts_with = "failed")]
    pub running: bool,
    /// Only what failed or was cancelled
    #[arg(long)]
    pub failed: bool,
    /// Only tasks of this bucket
    #[arg(long)]
    pub bucket: Option<String>,
    /// Only what started so long ago or later, such as 2d; of kinds whose start EC2 tells
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<SignedDuration>,
    /// Only the newest stores of these AMIs
    #[arg(long, value_name = "ID", num_args = 1.., help_heading = "As the AWS CLI has it")]
    pub image_ids: Vec<String>,
    /// Only these bundle tasks
    #[arg(long, value_name = "ID", num_args = 1.., help_heading = "As the AWS CLI has it")]
    pub bundle_ids: Vec<String>,
    /// Only these imports of snapshots and images
    #[arg(long, value_name = "ID", num_args = 1.., help_heading = "As the AWS CLI has it")]
    pub import_task_ids: Vec<String>,
    /// Only these exports of images
    #[arg(long, value_name = "ID", num_args = 1.., help_heading = "As the AWS CLI has it")]
    pub export_image_task_ids: Vec<String>,
    /// Only these exports of instances
    #[arg(long, value_name = "ID", num_args = 1.., help_heading = "As the AWS CLI has it")]
    pub export_task_ids: Vec<String>,
    /// Filters of EC2, such as Name=task-state,Values=Completed,Failed
    #[arg(long, value_name = "FILTER", num_args = 1.., help_heading = "As the AWS CLI has it")]
    pub filters: Vec<NamedFilter>,
    /// No more tasks than this; stderr then says where it goes on
    #[arg(long, value_name = "N", value_parser = count, help_heading = "As the AWS CLI has it")]
    pub max_items: Option<usize>,
    /// Where it goes on
    #[arg(long, value_name = "TOKEN", help_heading = "As the AWS CLI has it")]
    pub starting_token: Option<String>,
    /// Only asks whether it is permitted
    #[arg(long, help_heading = "As the AWS CLI has it")]
    pub dry_run: bool,
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: ListForm,
}

/// How a list is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ListForm {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
}

fn count(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|count| *count > 0)
        .ok_or_else(|| format!("\"{text}\" is no number of tasks: write one from 1"))
}

/// `amiwatch wait`
#[derive(Debug, Args)]
pub struct WaitArgs {
    /// Ids of tasks of any kind; for a store of an AMI that of the AMI, or AMI@BUCKET for one store of
    /// several
    #[arg(required_unless_present = "all_running", value_name = "ID")]
    pub ids: Vec<Wanted>,
    /// Wait for all that runs now, of the kinds of --kind
    #[arg(long, conflicts_with = "ids")]
    pub all_running: bool,
    /// Where to look
    #[command(flatten)]
    pub place: WhereArgs,
    /// How long to wait at most, such as 90m or 1h30m
    #[arg(long, value_name = "TIME", default_value = "6h", value_parser = time)]
    pub timeout: SignedDuration,
    /// End at the first task that does not complete
    #[arg(long)]
    pub fail_fast: bool,
    /// How long an id may not be listed yet, such as 2m; without it an unknown id is an error at once.
    /// An earlier store of the same AMI does not count then
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub appear: Option<SignedDuration>,
    /// The pause for each call of a look; longer is gentler on what EC2 lets an account list
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = time)]
    pub pause: SignedDuration,
    /// How to print it: with json an event a line
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputForm,
}

/// A length of time: `90s`, `2m`, `1h30m`, `2d`.
fn time(text: &str) -> Result<SignedDuration, String> {
    let span = text.parse::<Span>().ok();
    let length = span.and_then(|it| it.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    length.filter(SignedDuration::is_positive).ok_or_else(|| {
        format!("\"{text}\" is no length of time: write one such as 90s, 2m, 1h30m or 2d")
    })
}

/// What is polled, and what is told of it
#[derive(Debug, Args)]
pub struct PollingArgs {
    /// Where to look
    #[command(flatten)]
    pub place: WhereArgs,
    /// 12-digit account id [default: `AMIWATCH_ACCOUNT`, unless --profile is given; else asked
    /// of STS]
    #[arg(long, value_name = "ID", value_parser = rules::account)]
    pub account: Option<String>,
    /// File that remembers the tasks [default: `AMIWATCH_STATE`, else amiwatch/state.db in the
    /// user's state folder]
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Outcome to tell; may be given several times [default: all but started]
    #[arg(long = "tell", value_name = "OUTCOME")]
    pub tell: Vec<Outcome>,
    /// Minutes without progress after which a task counts as stalled
    #[arg(long, default_value_t = 180, value_parser = clap::value_parser!(u32).range(1..=44640))]
    pub stalled_after_minutes: u32,
    /// Do not ask EC2 what the AMIs in notifications are called (`DescribeImages`)
    #[arg(long)]
    pub no_image_names: bool,
    /// Calls of DescribeStoreImageTasks a Region
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(i64::from(LISTING_CALLS_MIN)..=i64::from(LISTING_CALLS_MAX)))]
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
    /// The time from one poll to the next, 4s or more
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = interval)]
    pub every: SignedDuration,
    /// Command of the shell for each event, which it gets on stdin as JSON and in parts in variables
    /// such as `AMIWATCH_SUBJECT`; where it fails or takes more than 7 seconds it is tried again
    #[arg(long, value_name = "CMD")]
    pub exec: Option<String>,
    /// Chat app with the file that holds its webhook's URL, such as slack=FILE or teams=FILE; may be
    /// given for each app
    #[arg(long = "webhook", value_name = "APP=URL_FILE")]
    pub webhooks: Vec<WebhookChoice>,
    /// SNS topic that is told, too
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

/// What pollers remember
#[derive(Debug, Args)]
pub struct RememberedArgs {
    /// Where to look
    #[command(flatten)]
    pub place: WhereArgs,
    /// 12-digit account id [default: every one in the file; for a table the one of the credentials]
    #[arg(long, value_name = "ID", value_parser = rules::account)]
    pub account: Option<String>,
    /// File that remembers the tasks [default: `AMIWATCH_STATE`, else amiwatch/state.db in the
    /// user's state folder]
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// DynamoDB table that remembers the tasks, instead of a file
    #[arg(long, conflicts_with = "state", value_parser = rules::table)]
    pub table: Option<String>,
}

/// `amiwatch history`
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Only tasks of these ids, or stores and exports of these AMIs
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// Where it is remembered
    #[command(flatten)]
    pub remembered: RememberedArgs,
    /// Only tasks that ended so; may be given several times
    #[arg(long = "outcome", value_name = "OUTCOME")]
    pub outcomes: Vec<Outcome>,
    /// Only what ended so long ago or later, or runs, such as 2d
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<SignedDuration>,
    /// As bars on an axis of time
    #[arg(long, conflicts_with = "output")]
    pub timeline: bool,
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputForm,
}

/// `amiwatch explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Id of a task of any kind; for a store of an AMI that of the AMI, or AMI@BUCKET
    #[arg(value_name = "ID")]
    pub id: Wanted,
    /// Where it is remembered
    #[command(flatten)]
    pub remembered: RememberedArgs,
    /// Minutes without progress after which a task counts as stalled
    #[arg(long, default_value_t = 180, value_parser = clap::value_parser!(u32).range(1..=44640))]
    pub stalled_after_minutes: u32,
}

/// `amiwatch render`
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// File with events, as they are or as SNS, SQS and Lambda wrap them; `-` for standard input
    /// [default: samples]
    pub event: Option<PathBuf>,
    /// Channel to show: event, subject, email, sms, chat, slack or teams
    #[arg(long, default_value = "email", value_parser = channel)]
    pub channel: Channel,
    /// Only the sample of this outcome
    #[arg(long, conflicts_with = "event")]
    pub outcome: Option<Outcome>,
    /// Only the sample of this kind
    #[arg(long, conflicts_with = "event")]
    pub kind: Option<Kind>,
    /// Every channel
    #[arg(long, conflicts_with = "channel")]
    pub all: bool,
    /// Folder that gets a gallery instead: a page with all texts, and a file for each
    #[arg(long, value_name = "FOLDER", requires = "all", conflicts_with = "output")]
    pub gallery: Option<PathBuf>,
    /// How to print it: with json a list of objects with kind, outcome, channel and text
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputForm,
}

fn channel(text: &str) -> Result<Channel, String> {
    Channel::ALL.into_iter().find(|channel| channel.name() == text).ok_or_else(|| {
        let names: Vec<&str> = Channel::ALL.iter().map(|channel| channel.name()).collect();
        format!("\"{text}\" is no channel: write one of {}", names.join(", "))
    })
}

/// `amiwatch sim`
#[derive(Debug, Args)]
pub struct SimArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Scenario file (YAML) [default: no tasks]
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// How much faster than real time the simulated time passes [default: the scenario's, else 1]
    #[arg(long, value_parser = speed)]
    pub speed: Option<f64>,
    /// Throttling as EC2 documents it, or none [default: the scenario's, else on]
    #[arg(long, value_enum)]
    pub throttle: Option<OnOff>,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnOff {
    /// On
    On,
    /// Off
    Off,
}

fn speed(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|speed| amiwatch_simulator::SPEEDS.contains(speed))
        .ok_or_else(|| format!("\"{text}\" is no speed: write a number from 0.001 to 1000000"))
}

/// `amiwatch demo`
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// How much faster than real time the simulated time passes
    #[arg(long, default_value = "60", value_parser = speed)]
    pub speed: f64,
    /// Where a person's notification goes: text as an email, json as the event
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputForm,
}

/// `amiwatch completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// `amiwatch man`
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Where they go
    pub folder: PathBuf,
}
