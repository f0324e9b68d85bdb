//! The arguments of `doctor`.

use clap::Args;

use super::{AccountsArgs, OutputForm, WhereArgs};
use crate::rules;

/// `amiwatch doctor`
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Where to look
    #[command(flatten)]
    pub place: WhereArgs,
    /// In which accounts
    #[command(flatten)]
    pub accounts: AccountsArgs,
    /// Stack to examine, in the Region; what it watches is read from its function
    #[arg(long, value_name = "NAME", conflicts_with_all = ["kinds", "table", "topic", "account_ids", "accounts_file", "role_name"])]
    pub stack: Option<String>,
    /// DynamoDB table to examine
    #[arg(long, value_parser = rules::table)]
    pub table: Option<String>,
    /// SNS topic to examine
    #[arg(long, value_name = "ARN", value_parser = rules::topic_arn)]
    pub topic: Option<String>,
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputForm,
}
