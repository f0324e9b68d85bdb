//! Which places are polled: what the settings or the document say, and EC2 where all Regions are wanted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use super::failure::{ErrorType, HandlerError};
use crate::aws::ec2::Ec2Tasks;
use crate::aws::parameters::Parameters;
use crate::aws::roles::Roles;
use crate::poll::PlaceToPoll;
use crate::targets::{
    Defaults, REGIONS_KNOWN_FOR, Regions, Wish, document, is_fresh, of_accounts, places,
};

/// For how long a document counts as read. A change of it is followed within that time.
const DOCUMENT_READ_FOR: SignedDuration = SignedDuration::from_mins(5);

/// Accounts that are asked for their Regions at the same time.
const ASKED_AT_ONCE: usize = 8;

/// What says which accounts are polled.
pub enum Source {
    /// Accounts by id; none stands for the own one.
    Accounts(Vec<String>),
    /// One parameter or more of Parameter Store.
    Document(Parameters),
}

/// All that may be polled.
pub struct Fleet {
    source: Source,
    defaults: Defaults,
    ec2: Ec2Tasks,
    roles: Roles,
    state: Mutex<State>,
}

/// What is kept from one invocation to the next.
#[derive(Default)]
struct State {
    known: Option<Arc<Known>>,
    regions: BTreeMap<String, (Timestamp, Vec<String>)>,
}

/// What was asked for when it was found out last.
#[derive(Debug)]
struct Known {
    /// The own account, which needs no role.
    own: String,
    read: Timestamp,
    /// The document, which is none where the settings say it all.
    texts: Vec<(String, String)>,
    wishes: Arc<Vec<Wish>>,
}

/// What is to be polled.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The places, by account and Region.
    pub(super) places: Vec<PlaceToPoll>,
    /// What could not be found out. The rest is polled all the same.
    pub(super) failures: Vec<String>,
}

impl Fleet {
    /// What may be polled, and how it is found out. `defaults` knows no own account yet: an invocation says it.
    #[must_use]
    pub fn new(source: Source, defaults: Defaults, ec2: Ec2Tasks, roles: Roles) -> Self {
        Self { source, defaults, ec2, roles, state: Mutex::default() }
    }

    /// The places of all accounts, or of one. EC2 is asked for Regions as long as `may_ask`; what is not
    /// known then is a failure, and a later call asks for the rest.
    ///
    /// # Errors
    /// Every fault of the settings or the document, or why it cannot be read.
    pub(super) async fn places(
        &self,
        own: &str,
        only: Option<&str>,
        now: Timestamp,
        may_ask: &(dyn Fn() -> bool + Sync),
    ) -> Result<Found, HandlerError> {
        let (wishes, mut failures) = self.wishes(own, now).await?;
        let wishes: Vec<Wish> = wishes
            .iter()
            .filter(|wish| only.is_none_or(|only| wish.account == only))
            .cloned()
            .collect();
        let everywhere: BTreeSet<&str> = wishes
            .iter()
            .filter(|wish| wish.regions == Regions::All)
            .map(|wish| wish.account.as_str())
            .collect();
        let mut everywhere: Vec<&str> = everywhere.into_iter().collect();
        // Where the time does not suffice for all, it is not always the same accounts that wait.
        fastrand::shuffle(&mut everywhere);
        let asked: Vec<Option<String>> = stream::iter(everywhere)
            .map(|account| self.learn_regions(account, now, may_ask))
            .buffer_unordered(ASKED_AT_ONCE)
            .collect()
            .await;
        failures.extend(asked.into_iter().flatten());
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let enabled = |account: &str| {
            state.regions.get(account).map(|(_, regions)| regions.clone()).unwrap_or_default()
        };
        Ok(Found { places: places(&wishes, enabled), failures })
    }

    /// Which of some accounts are polled. Where the document cannot be read again, the log says so: it
    /// is the scheduled function that fails.
    ///
    /// # Errors
    /// As of [`Self::places`].
    pub(super) async fn polled(
        &self,
        own: &str,
        accounts: BTreeSet<String>,
        now: Timestamp,
    ) -> Result<BTreeSet<String>, HandlerError> {
        let (wishes, failures) = self.wishes(own, now).await?;
        for failure in failures {
            tracing::warn!("{failure}");
        }
        let is_polled = |account: &String| wishes.iter().any(|wish| wish.account == *account);
        Ok(accounts.into_iter().filter(is_polled).collect())
    }

    /// What is asked for, as it was found out lately; where the document cannot be read again, as it was before.
    /// From now on the accounts' roles are known.
    ///
    /// # Errors
    /// As of [`Self::places`].
    async fn wishes(
        &self,
        own: &str,
        now: Timestamp,
    ) -> Result<(Arc<Vec<Wish>>, Vec<String>), HandlerError> {
        let last = self.state.lock().unwrap_or_else(PoisonError::into_inner).known.clone();
        let last = last.filter(|known| known.own == own);
        if let Some(known) = &last
            && is_fresh(known.read, DOCUMENT_READ_FOR, now)
        {
            return Ok((Arc::clone(&known.wishes), Vec::new()));
        }
        let texts = match &self.source {
            Source::Accounts(_) => Vec::new(),
            Source::Document(parameters) => match (parameters.read().await, &last) {
                (Ok(texts), _) => texts,
                (Err(error), Some(known)) => {
                    return Ok((Arc::clone(&known.wishes), vec![error.to_string()]));
                }
                (Err(error), None) => {
                    let fault = format!("{error}; nothing was done");
                    return Err(HandlerError {
                        kind: ErrorType::ParameterUnreadable,
                        faults: vec![fault],
                    });
                }
            },
        };
        // A document for thousands takes longer to understand than an account to poll.
        let wishes = if let Some(known) = last.filter(|known| known.texts == texts) {
            Arc::clone(&known.wishes)
        } else {
            let wishes = self.understood(own, &texts)?;
            self.roles.set(&wishes);
            Arc::new(wishes)
        };
        let known = Known { own: own.to_owned(), read: now, texts, wishes: Arc::clone(&wishes) };
        self.state.lock().unwrap_or_else(PoisonError::into_inner).known = Some(Arc::new(known));
        Ok((wishes, Vec::new()))
    }

    /// What the settings or the document ask for.
    fn understood(&self, own: &str, texts: &[(String, String)]) -> Result<Vec<Wish>, HandlerError> {
        let defaults = Defaults { own_account: Some(own.to_owned()), ..self.defaults.clone() };
        let wishes = match &self.source {
            Source::Accounts(accounts) if accounts.is_empty() => {
                of_accounts(&[own.to_owned()], &defaults)
            }
            Source::Accounts(accounts) => of_accounts(accounts, &defaults),
            Source::Document(_) => document::parse(texts, &defaults),
        };
        wishes.map_err(|faults| {
            let faults = faults.join("; ");
            let fault = format!("what is to be polled is not clear: {faults}; nothing was done");
            HandlerError { kind: ErrorType::ConfigurationError, faults: vec![fault] }
        })
    }

    /// Learns which Regions are enabled for an account, unless that is known; else says why that failed.
    async fn learn_regions(
        &self,
        account: &str,
        now: Timestamp,
        may_ask: &(dyn Fn() -> bool + Sync),
    ) -> Option<String> {
        let known = {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.regions.get(account).map(|(asked, _)| *asked)
        };
        if known.is_some_and(|asked| is_fresh(asked, REGIONS_KNOWN_FOR, now)) {
            return None;
        }
        if !may_ask() {
            // What was known once still counts.
            return known.is_none().then(|| {
                format!("{account}: its Regions were not asked for, as the time ran out")
            });
        }
        match self.ec2.regions(account, &self.defaults.home_region).await {
            Ok(regions) => {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                state.regions.insert(account.to_owned(), (now, regions));
                None
            }
            Err(reason) => Some(format!("{account}: its Regions cannot be found out: {reason}")),
        }
    }
}
