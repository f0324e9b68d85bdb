//! The arguments of `wait`.

use clap::Args;
use jiff::SignedDuration;

use super::{AccountsArgs, OutputForm, WhereArgs, time};
use crate::cli::wait::Wanted;

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
    /// In which accounts
    #[command(flatten)]
    pub accounts: AccountsArgs,
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
