//! The arguments of `wait`.

use clap::Args;
use jiff::SignedDuration;

use super::{AccountsArgs, OutputForm, WhereArgs, time};
use crate::cli::wait::Wanted;

/// `amiwatch wait`
#[derive(Debug, Args)]
pub struct WaitArgs {
    /// Ids of tasks of any kind; for the store of an AMI the id of the AMI, or AMI@BUCKET for one of
    /// several stores
    #[arg(required_unless_present = "all_running", value_name = "ID")]
    pub ids: Vec<Wanted>,
    /// Wait for all tasks that are running now, of the kinds of --kind
    #[arg(long, conflicts_with = "ids")]
    pub all_running: bool,
    /// Where to look
    #[command(flatten)]
    pub place: WhereArgs,
    /// In which accounts
    #[command(flatten)]
    pub accounts: AccountsArgs,
    /// How long to wait at most, such as 90m or 1h30m
    #[arg(long, value_name = "TIME", default_value = "6h", value_parser = time)]
    pub timeout: SignedDuration,
    /// End at the first task that does not complete
    #[arg(long)]
    pub fail_fast: bool,
    /// How long to wait for an id to be listed, such as 2m; without it an unknown id is an error at
    /// once. With it an earlier store of the same AMI does not count
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub appear: Option<SignedDuration>,
    /// Pause for each call that a look takes; a longer one leaves more of EC2's calls to others
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = time)]
    pub pause: SignedDuration,
    /// How to print it: with json an event a line
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputForm,
}
