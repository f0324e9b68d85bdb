//! The places that are asked for, in one account or in many, and EC2 as each of them is reached.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use futures_util::future::join_all;

use super::CliError;
use super::args::AccountsArgs;
use super::connect::Connection;
use crate::aws::ec2::Ec2Tasks;
use crate::aws::roles::Roles;
use crate::place::Place;
use crate::poll::PlaceToPoll;
use crate::targets::document::parse;
use crate::targets::{Defaults, Regions, Wish, of_accounts, places};
use crate::task::Kind;

/// Accounts that are asked for their Regions at once.
const AT_ONCE: usize = 10;

/// Where EC2 is asked, and how.
pub(super) struct Reach {
    pub(super) ec2: Ec2Tasks,
    pub(super) places: Vec<PlaceToPoll>,
    /// What could not be found out; the rest is done all the same.
    pub(super) faults: Vec<String>,
}

impl Reach {
    /// What is polled. An account that is named alone is taken for that of the credentials: it is under
    /// its name that is remembered.
    pub(super) async fn of_polls(
        connection: &Connection,
        args: &AccountsArgs,
        kinds: BTreeSet<Kind>,
    ) -> Result<Self, CliError> {
        if args.is_unsaid() || args.alone().is_some() {
            let account = connection.account(args.alone()).await?;
            return Ok(Self::own(connection, &account, &connection.regions, &kinds));
        }
        let regions = Regions::Listed(connection.regions.clone());
        Self::fleet(connection, args, regions, kinds).await
    }

    /// What is only looked at. Where no account is named, nobody needs to know which one it is, and its
    /// name is empty.
    pub(super) async fn of_looks(
        connection: &Connection,
        args: &AccountsArgs,
        regions: Regions,
        kinds: BTreeSet<Kind>,
    ) -> Result<Self, CliError> {
        if !args.is_unsaid() {
            return Self::fleet(connection, args, regions, kinds).await;
        }
        match regions {
            Regions::Listed(regions) => Ok(Self::own(connection, "", &regions, &kinds)),
            Regions::All => {
                let found = connection.ec2().regions("", home(connection)).await;
                let regions = found
                    .map_err(|why| CliError(format!("{why}; name the Regions with --region")))?;
                Ok(Self::own(connection, "", &regions, &kinds))
            }
        }
    }

    fn own(
        connection: &Connection,
        account: &str,
        regions: &[String],
        kinds: &BTreeSet<Kind>,
    ) -> Self {
        let place = |region| Place::new(account, region);
        let of = |region| PlaceToPoll { place: place(region), kinds: kinds.clone() };
        let places = regions.iter().map(of).collect();
        Self { ec2: connection.ec2(), places, faults: Vec::new() }
    }

    async fn fleet(
        connection: &Connection,
        args: &AccountsArgs,
        regions: Regions,
        kinds: BTreeSet<Kind>,
    ) -> Result<Self, CliError> {
        let document = args.accounts_file.as_deref().map(read).transpose()?;
        if document.is_none() && args.account_ids.is_empty() {
            return Err(CliError::new(
                "--role-name says by which role and not in which accounts: name them with --account or \
                 --accounts",
            ));
        }
        let home = home(connection);
        let defaults = Defaults {
            regions,
            kinds,
            role: args.role(),
            home_region: home.to_owned(),
            own_account: Some(connection.account(None).await?),
        };
        let wishes = match document {
            Some(named) => parse(&[named], &defaults),
            None => of_accounts(&args.account_ids, &defaults).map_err(|faults| {
                faults.iter().map(|it| format!("{it} with --role-name")).collect()
            }),
        };
        let wishes = wishes.map_err(|faults: Vec<String>| CliError(faults.join("\nerror: ")))?;
        let roles = Roles::new(&connection.sdk, connection.endpoint("STS"));
        roles.set(&wishes);
        let ec2 = connection.ec2().through(roles);
        let (enabled, faults) = enabled(&ec2, &wishes, home).await;
        let places = places(&wishes, |account| enabled.get(account).cloned().unwrap_or_default());
        if places.is_empty() {
            return Err(CliError(faults.join("\nerror: ")));
        }
        Ok(Self { ec2, places, faults })
    }

    /// Which accounts and Regions these are, in a few words.
    pub(super) fn described(&self) -> String {
        let accounts: BTreeSet<&str> =
            self.places.iter().map(|it| it.place.account.as_str()).collect();
        let regions: Vec<&str> = self.places.iter().map(|it| it.place.region.as_str()).collect();
        match accounts.first() {
            Some(account) if accounts.len() == 1 => {
                format!("{} of account {account}", regions.join(", "))
            }
            _ => {
                let regions: BTreeSet<&str> = regions.into_iter().collect();
                format!("{} accounts, in {} Regions", accounts.len(), regions.len())
            }
        }
    }
}

/// The Region in which is asked what has none.
fn home(connection: &Connection) -> &str {
    connection.regions.first().map_or("", String::as_str)
}

/// A document, with its file's name.
fn read(file: &Path) -> Result<(String, String), CliError> {
    let name = file.display().to_string();
    match std::fs::read_to_string(file) {
        Ok(text) => Ok((name, text)),
        Err(error) => Err(CliError(format!("cannot read the accounts from {name}: {error}"))),
    }
}

/// The Regions of each account that is looked at in all of them, and which accounts do not tell.
async fn enabled(
    ec2: &Ec2Tasks,
    wishes: &[Wish],
    ask_in: &str,
) -> (BTreeMap<String, Vec<String>>, Vec<String>) {
    let everywhere = wishes.iter().filter(|wish| wish.regions == Regions::All);
    let accounts: Vec<&str> = everywhere.map(|wish| wish.account.as_str()).collect();
    let (mut enabled, mut faults) = (BTreeMap::new(), Vec::new());
    for some in accounts.chunks(AT_ONCE) {
        let asked = join_all(some.iter().map(|account| ec2.regions(account, ask_in))).await;
        for (account, answer) in some.iter().zip(asked) {
            match answer {
                Ok(regions) => drop(enabled.insert((*account).to_owned(), regions)),
                Err(why) => faults.push(format!("{why}; name the Regions of the account")),
            }
        }
    }
    (enabled, faults)
}
