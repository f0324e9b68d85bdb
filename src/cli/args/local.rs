//! The arguments of the commands that ask nothing of AWS.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::OutputForm;
use crate::event::Outcome;
use crate::render::Channel;
use crate::task::Choice;

/// `amiwatch render`
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// File with events, as they are or as SNS, SQS and Lambda wrap them; `-` for standard input
    /// [default: samples]
    #[arg(value_name = "FILE")]
    pub event: Option<PathBuf>,
    /// Channel to show: event, subject, email, sms, chat, slack or teams
    #[arg(long, default_value = "email", value_parser = channel)]
    pub channel: Channel,
    /// Only the sample of this outcome
    #[arg(long, value_parser = Outcome::any, conflicts_with = "event")]
    pub outcome: Option<Outcome>,
    /// Only samples of this kind, or all; may be given several times
    #[arg(long = "kind", value_name = "KIND", conflicts_with = "event")]
    pub kinds: Vec<Choice>,
    /// Every channel
    #[arg(long, conflicts_with = "channel")]
    pub all: bool,
    /// Folder to write a gallery into instead: a page with all texts, and a file for each
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
    #[arg(long, default_value = "127.0.0.1:0", value_parser = address)]
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

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!("\"{text}\" is no address with a port: write one such as 127.0.0.1:4570")
    })
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
    /// How to print a notification: text as the email, json as the event
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
    /// Folder for the pages
    pub folder: PathBuf,
}
