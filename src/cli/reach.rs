//! The places that are asked for, in one account or in many, and EC2 as each of them is reached.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::CliError;
use super::args::AccountsArgs;
use super::connect::Connection;
use crate::aws::ec2::Ec2Tasks;
use crate::aws::roles::Roles;
use crate::clock::SystemClock;
use crate::place::Place;
use crate::poll::PlaceToPoll;
use crate::ports::{Clock, Rejected};
use crate::targets::document::parse;
use crate::targets::{Defaults, REGIONS_KNOWN_FOR, Regions, Wish, is_fresh, of_accounts, places};
use crate::task::Kind;

/// Accounts that are asked for their Regions at once.
const AT_ONCE: usize = 10;

/// Where EC2 is asked, and how.
pub(super) struct Reach {
    pub(super) ec2: Ec2Tasks,
    pub(super) places: Vec<PlaceToPoll>,
    /// What could not be found out; the rest is done all the same.
    pub(super) faults: Vec<String>,
    /// What was asked for in many accounts; nothing where it is the own one alone.
    wishes: Vec<Wish>,
    /// The Region in which an account is asked for its Regions.
    home: String,
    /// The Regions of the accounts that are looked at in all of them, and when each was asked.
    enabled: BTreeMap<String, (Timestamp, Vec<String>)>,
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
                let found = regions_of(&connection.ec2(), "", home(connection)).await;
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
        Self {
            ec2: connection.ec2(),
            places: regions.iter().map(of).collect(),
            faults: Vec::new(),
            wishes: Vec::new(),
            home: home(connection).to_owned(),
            enabled: BTreeMap::new(),
        }
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
        let mut reach = Self {
            ec2,
            places: Vec::new(),
            faults: Vec::new(),
            wishes,
            home: home.to_owned(),
            enabled: BTreeMap::new(),
        };
        reach.refresh(SystemClock.now()).await;
        if reach.places.is_empty() {
            return Err(CliError(reach.faults.join("\nerror: ")));
        }
        Ok(reach)
    }

    /// Learns the Regions of each account that is looked at in all of them, unless they are known. Where
    /// that fails, those that were known before count on, and the account is asked again the next time.
    pub(super) async fn refresh(&mut self, now: Timestamp) {
        let everywhere = self.wishes.iter().filter(|wish| wish.regions == Regions::All);
        let is_due = |account: &&str| {
            self.enabled
                .get(*account)
                .is_none_or(|(asked, _)| !is_fresh(*asked, REGIONS_KNOWN_FOR, now))
        };
        let due: Vec<&str> = everywhere.map(|wish| wish.account.as_str()).filter(is_due).collect();
        let (mut learned, mut faults) = (Vec::new(), Vec::new());
        for some in due.chunks(AT_ONCE) {
            let asked = some.iter().map(|account| regions_of(&self.ec2, account, &self.home));
            for (account, answer) in some.iter().zip(join_all(asked).await) {
                match answer {
                    Ok(regions) => learned.push(((*account).to_owned(), (now, regions))),
                    Err(why) => faults.push(format!("{why}; name the Regions of the account")),
                }
            }
        }
        self.enabled.extend(learned);
        self.faults = faults;
        if !self.wishes.is_empty() {
            let regions = |account: &str| self.enabled.get(account).map(|(_, it)| it.clone());
            self.places = places(&self.wishes, |account| regions(account).unwrap_or_default());
        }
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

/// A place by its Region, and by its account where one was named.
pub(super) fn named(place: &Place) -> String {
    if place.account.is_empty() { place.region.clone() } else { place.to_string() }
}

/// What there is to say of an item of a listing that cannot be read.
pub(super) fn unreadable(place: &Place, kind: Kind, rejected: &Rejected) -> String {
    let Rejected { item, reason, .. } = rejected;
    format!("a {kind} task in {} cannot be read: {item}: {reason}", named(place))
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

/// The Regions that are enabled for an account. There is always one.
async fn regions_of(ec2: &Ec2Tasks, account: &str, ask_in: &str) -> Result<Vec<String>, String> {
    let regions = ec2.regions(account, ask_in).await?;
    if regions.is_empty() {
        let whose = if account.is_empty() { "" } else { " of account " };
        return Err(format!("DescribeRegions in {ask_in}{whose}{account} names no Region"));
    }
    Ok(regions)
}
