//! What can be written on the command line: here what commands have in common, and a file for each group
//! of them.

mod accounts;
mod doctor;
mod list;
mod local;
mod polling;
mod remembered;
mod wait;

use std::ops::RangeInclusive;

use clap::{Parser, Subcommand, ValueEnum};
use jiff::{SignedDuration, Span, SpanRelativeTo};

pub(super) use self::accounts::AccountsArgs;
pub(super) use self::doctor::DoctorArgs;
pub(super) use self::list::{ListArgs, ListForm};
pub(super) use self::local::{CompletionsArgs, DemoArgs, ManArgs, OnOff, RenderArgs, SimArgs};
pub(super) use self::polling::{PollArgs, PollingArgs, WatchArgs};
pub(super) use self::remembered::{ExplainArgs, HistoryArgs, RememberedArgs};
pub(super) use self::wait::WaitArgs;
use crate::record::EC2_LISTS_FOR;
use crate::rules;
use crate::task::Choice;

/// Tells when an EC2 image task ends: an AMI store, a bundle, an import, an export.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Cli {
    /// Say more on stderr: -v what is done, -vv also what is sent
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
    /// Polls again and again until you end it, and tells what ends
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
    /// Examines whether amiwatch can do its job, here or as a stack, and says how to mend it
    #[command(
        after_help = "Examples:\n  amiwatch doctor --kind all --region us-east-1\n  amiwatch doctor --stack amiwatch"
    )]
    Doctor(DoctorArgs),
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
#[derive(Debug, clap::Args)]
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

impl WhereArgs {
    /// Refuses kinds where ids are given: they would say nothing, or something else than the ids do.
    pub(in crate::cli) fn without_kinds(&self) -> Result<(), String> {
        if self.kinds.is_empty() {
            return Ok(());
        }
        Err("ids name their kind: leave --kind out".to_owned())
    }
}

/// The minutes without progress that may be asked for: EC2 lists no store task for longer.
const STALLED_AFTER_MINUTES: RangeInclusive<i64> = 1..=EC2_LISTS_FOR.as_mins();

/// A length of time: `90s`, `2m`, `1h30m`, `2d`.
fn time(text: &str) -> Result<SignedDuration, String> {
    let span = text.parse::<Span>().ok();
    let length = span.and_then(|it| it.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    length.filter(SignedDuration::is_positive).ok_or_else(|| {
        format!(
            "\"{text}\" is no length of time above zero: write one such as 90s, 2m, 1h30m or 2d"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_of_systemd_starts_a_command_that_is_one() {
        let unit = include_str!("../../../docs/systemd/amiwatch.service");
        let lines = unit.lines();
        let started: Vec<&str> =
            lines.filter_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/")).collect();
        let [started] = started[..] else { panic!("one command: {started:?}") };
        let cli = Cli::try_parse_from(started.split(' ')).unwrap();
        let Command::Watch(args) = cli.command else { panic!("{started}") };
        assert!(args.no_terminal && !args.webhooks.is_empty());
    }
}
