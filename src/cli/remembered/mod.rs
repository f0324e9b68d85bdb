//! What pollers remember, for the commands that look at it: from the file or the table.

mod past;

use std::sync::Arc;

pub(super) use self::past::{Past, past};

use super::CliError;
use super::args::RememberedArgs;
use super::connect::Connection;
use super::poll::state_path;
use crate::aws::dynamodb::DynamoStore;
use crate::clock::SystemClock;
use crate::memory::Memory;
use crate::place::Place;
use crate::record::Snapshot;
use crate::store::file::FileStore;

/// What is remembered, by place: of these accounts; where none is named, of each in the file, or of the one
/// of the credentials in a table.
pub(super) async fn read(
    args: &RememberedArgs,
    accounts: &[String],
) -> Result<Vec<(Place, Snapshot)>, CliError> {
    if let Some(table) = &args.table {
        let connection = Connection::open(&args.place).await?;
        let accounts = match accounts {
            [] => vec![connection.account(None).await?],
            named => named.to_vec(),
        };
        let store = DynamoStore::new(&connection.sdk, connection.endpoint("DYNAMODB"), table);
        let memory = Memory::new(Arc::new(store));
        let mut places = Vec::new();
        for account in &accounts {
            for region in &connection.regions {
                let place = Place::new(account, region);
                let known = memory.everything(&place).await.map_err(CliError::new)?;
                places.push((place, known));
            }
        }
        return Ok(places);
    }
    let path = state_path(args.state.as_deref())?;
    if !path.exists() {
        let path = path.display();
        return Err(CliError(format!(
            "nothing was polled yet: there is no {path}; run amiwatch poll, or name another --state or a \
             --table"
        )));
    }
    let mut places = FileStore::look(&path, &SystemClock).map_err(CliError::new)?;
    let regions = &args.place.regions;
    places.retain(|(place, _)| {
        (accounts.is_empty() || accounts.contains(&place.account))
            && (regions.is_empty() || regions.contains(&place.region))
    });
    Ok(places)
}
