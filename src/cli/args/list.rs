//! The arguments of `list`.

use clap::{Args, ValueEnum};
use jiff::SignedDuration;

use super::{AccountsArgs, WhereArgs, time};
use crate::cli::list::NamedFilter;

/// `amiwatch list`
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that is typed by itself")]
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Where to look
    #[command(flatten)]
    pub place: WhereArgs,
    /// In which accounts
    #[command(flatten)]
    pub accounts: AccountsArgs,
    /// Every Region that is enabled for each account
    #[arg(long, conflicts_with = "regions")]
    pub all_regions: bool,
    /// Only tasks that are running
    #[arg(long, conflicts_with = "failed")]
    pub running: bool,
    /// Only tasks that failed or were cancelled
    #[arg(long)]
    pub failed: bool,
    /// Only tasks of this bucket
    #[arg(long)]
    pub bucket: Option<String>,
    /// Only tasks that started at most this long ago, such as 2d; for kinds whose start EC2 tells
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<SignedDuration>,
    /// Only the newest stores of these AMIs
    #[arg(long, value_name = "ID", num_args = 1.., help_heading = "As in the AWS CLI")]
    pub image_ids: Vec<String>,
    /// Only these bundle tasks
    #[arg(long, value_name = "ID", num_args = 1.., help_heading = "As in the AWS CLI")]
    pub bundle_ids: Vec<String>,
    /// Only these imports of snapshots and images
    #[arg(long, value_name = "ID", num_args = 1.., help_heading = "As in the AWS CLI")]
    pub import_task_ids: Vec<String>,
    /// Only these exports of images
    #[arg(long, value_name = "ID", num_args = 1.., help_heading = "As in the AWS CLI")]
    pub export_image_task_ids: Vec<String>,
    /// Only these exports of instances
    #[arg(long, value_name = "ID", num_args = 1.., help_heading = "As in the AWS CLI")]
    pub export_task_ids: Vec<String>,
    /// Filters of EC2, such as Name=task-state,Values=Completed,Failed with --kind store-image
    #[arg(long, value_name = "FILTER", num_args = 1.., help_heading = "As in the AWS CLI")]
    pub filters: Vec<NamedFilter>,
    /// At most this many tasks; where there are more, stderr says how to go on
    #[arg(long, value_name = "N", value_parser = count, help_heading = "As in the AWS CLI")]
    pub max_items: Option<usize>,
    /// Go on where an earlier list stopped
    #[arg(long, value_name = "TOKEN", help_heading = "As in the AWS CLI")]
    pub starting_token: Option<String>,
    /// Only ask whether the listings are permitted
    #[arg(long, help_heading = "As in the AWS CLI")]
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
