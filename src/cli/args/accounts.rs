//! The arguments that say which accounts are looked at.

use std::path::PathBuf;

use clap::Args;

use crate::rules;
use crate::targets::Role;

/// Which accounts are looked at, and by which role
#[derive(Debug, Args)]
pub struct AccountsArgs {
    /// 12-digit account id; with --role-name it may be given several times [default:
    /// `AMIWATCH_ACCOUNT`, unless --profile is given; else asked of STS]
    #[arg(long = "account", value_name = "ID", value_parser = rules::account)]
    pub account_ids: Vec<String>,
    /// Name of the role to assume in every account but that of the credentials
    #[arg(long, value_name = "NAME", value_parser = rules::role_name)]
    pub role_name: Option<String>,
    /// External id that the role asks for
    #[arg(long, value_name = "ID", requires = "role_name", value_parser = rules::external_id, hide_short_help = true)]
    pub external_id: Option<String>,
    /// File with a targets document (JSON): accounts, with Regions, kinds and roles of their own
    #[arg(long = "accounts", value_name = "FILE", conflicts_with = "account_ids")]
    pub accounts_file: Option<PathBuf>,
}

impl AccountsArgs {
    /// The role that is assumed where nothing else is said.
    pub(in crate::cli) fn role(&self) -> Option<Role> {
        let external_id = self.external_id.clone();
        self.role_name.clone().map(|name| Role { name, external_id })
    }

    /// Whether nothing is said: the account is that of the credentials.
    pub(in crate::cli) fn is_unsaid(&self) -> bool {
        self.account_ids.is_empty() && self.accounts_file.is_none() && self.role_name.is_none()
    }

    /// The account that the credentials are said to be of, without a role to another.
    pub(in crate::cli) fn alone(&self) -> Option<&str> {
        match (self.account_ids.as_slice(), &self.role_name) {
            ([account], None) => Some(account.as_str()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::{Cli, Command};
    use super::*;

    fn read(options: &[&str]) -> Result<AccountsArgs, String> {
        let words = ["amiwatch", "poll"].iter().chain(options);
        let cli = Cli::try_parse_from(words).map_err(|error| error.to_string())?;
        let Command::Poll(args) = cli.command else { panic!("it is poll") };
        Ok(args.polling.accounts)
    }

    #[test]
    fn one_account_may_be_named_alone_and_several_have_a_role() {
        let nothing = read(&[]).unwrap();
        assert!(nothing.is_unsaid() && nothing.alone().is_none() && nothing.role().is_none());
        let one = read(&["--account", "111122223333"]).unwrap();
        assert_eq!((one.alone(), one.is_unsaid()), (Some("111122223333"), false));
        let options =
            ["--account", "111122223333", "--account", "444455556666", "--role-name", "watcher"];
        let several = read(&[&options[..], &["--external-id", "hub"]].concat()).unwrap();
        assert_eq!(several.alone(), None);
        assert_eq!(several.account_ids, ["111122223333", "444455556666"]);
        let role = Role { name: "watcher".into(), external_id: Some("hub".into()) };
        assert_eq!(several.role(), Some(role));
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        for (options, words) in [
            (&["--external-id", "hub"][..], "--role-name"),
            (&["--account", "111122223333", "--accounts", "f"], "cannot be used with"),
            (&["--account", "111122223333", "--role-name", "a/b"], "without path"),
        ] {
            let error = read(options).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
