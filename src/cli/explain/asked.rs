//! In which accounts and Regions EC2 is asked for the task.

use std::collections::BTreeSet;

use crate::aws::ec2::Ec2Tasks;
use crate::cli::CliError;
use crate::cli::args::ExplainArgs;
use crate::cli::connect::Connection;
use crate::cli::output::say;
use crate::cli::reach::Reach;
use crate::place::Place;
use crate::record::Snapshot;
use crate::render::text::visible;
use crate::targets::Regions;

/// Where EC2 is asked.
pub(super) struct Asked {
    pub(super) ec2: Ec2Tasks,
    pub(super) places: BTreeSet<Place>,
    /// The accounts that can be asked with the credentials, or by a role.
    accounts: BTreeSet<String>,
    /// What could not be found out.
    pub(super) faults: Vec<String>,
}

impl Asked {
    /// Where roles are named: in each account by its role.
    pub(super) async fn by_roles(
        connection: &Connection,
        args: &ExplainArgs,
    ) -> Result<Option<Self>, CliError> {
        let accounts = &args.accounts;
        if accounts.role_name.is_none() && accounts.accounts_file.is_none() {
            return Ok(None);
        }
        let regions = Regions::Listed(connection.regions.clone());
        let kinds = [args.id.kind].into();
        let Reach { ec2, places, faults, .. } =
            Reach::of_looks(connection, accounts, regions, kinds).await?;
        let places: BTreeSet<Place> = places.into_iter().map(|it| it.place).collect();
        let accounts = places.iter().map(|place| place.account.clone()).collect();
        Ok(Some(Self { ec2, places, accounts, faults }))
    }

    /// Where none is: in the account of the credentials, unless others are named.
    pub(super) async fn by_credentials(
        connection: &Connection,
        named: &[String],
        known: &[(Place, Snapshot)],
    ) -> Self {
        let own = own_account(connection, named, known).await;
        let is_meant = named.is_empty() || named.contains(&own);
        let regions = connection.regions.iter().filter(|_| is_meant);
        Self {
            ec2: connection.ec2(),
            places: regions.map(|region| Place::new(&own, region)).collect(),
            accounts: [own].into(),
            faults: Vec::new(),
        }
    }

    /// The accounts that can be asked.
    pub(super) fn accounts(&self) -> impl Iterator<Item = String> {
        self.accounts.iter().cloned()
    }

    /// Whether the account of a place can be asked.
    pub(super) fn reaches(&self, place: &Place) -> bool {
        self.accounts.contains(&place.account)
    }
}

/// The account of the credentials. Where nobody tells it, it is taken for the one that is named, or for the
/// only one that is remembered.
async fn own_account(
    connection: &Connection,
    named: &[String],
    known: &[(Place, Snapshot)],
) -> String {
    let why = match connection.account(None).await {
        Ok(account) => return account,
        Err(CliError(why)) => why,
    };
    say(&format!("it is not known whose the credentials are: {}", visible(&why)));
    let remembered: BTreeSet<&str> =
        known.iter().map(|(place, _)| place.account.as_str()).collect();
    let only = remembered.first().filter(|_| remembered.len() == 1);
    match named {
        [account] => account.clone(),
        _ => only.map_or_else(String::new, |account| (*account).to_owned()),
    }
}
