//! Which places are polled: what the settings or the document say, and EC2 where all Regions are wanted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use super::handler::{ErrorType, HandlerError};
use crate::aws::ec2::Ec2Tasks;
use crate::aws::parameters::Parameters;
use crate::aws::roles::Roles;
use crate::poll::PlaceToPoll;
use crate::targets::{Defaults, Regions, Wish, document, of_accounts, places};

/// For how long the Regions of an account count as known.
const REGIONS_KNOWN_FOR: SignedDuration = SignedDuration::from_hours(1);

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
    document: Option<(Timestamp, Vec<(String, String)>)>,
    regions: BTreeMap<String, (Timestamp, Vec<String>)>,
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
            .into_iter()
            .filter(|wish| only.is_none_or(|only| wish.account == only))
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

    /// The accounts that are polled. Where the document cannot be read again, the log says so: it is the
    /// scheduled function that fails.
    ///
    /// # Errors
    /// As of [`Self::places`].
    pub(super) async fn accounts(
        &self,
        own: &str,
        now: Timestamp,
    ) -> Result<BTreeSet<String>, HandlerError> {
        let (wishes, failures) = self.wishes(own, now).await?;
        for failure in failures {
            tracing::warn!("{failure}");
        }
        Ok(wishes.into_iter().map(|wish| wish.account).collect())
    }

    /// What is asked for. From now on the accounts' roles are known.
    ///
    /// # Errors
    /// As of [`Self::places`].
    async fn wishes(
        &self,
        own: &str,
        now: Timestamp,
    ) -> Result<(Vec<Wish>, Vec<String>), HandlerError> {
        let defaults = Defaults { own_account: Some(own.to_owned()), ..self.defaults.clone() };
        let (wishes, failures) = match &self.source {
            Source::Accounts(accounts) if accounts.is_empty() => {
                (of_accounts(&[own.to_owned()], &defaults), Vec::new())
            }
            Source::Accounts(accounts) => (of_accounts(accounts, &defaults), Vec::new()),
            Source::Document(parameters) => {
                let (texts, failures) = self.document(parameters, now).await?;
                (document::parse(&texts, &defaults), failures)
            }
        };
        let wishes = wishes.map_err(|faults| {
            let faults = faults.join("; ");
            let fault = format!("what is to be polled is not clear: {faults}; nothing was done");
            HandlerError { kind: ErrorType::ConfigurationError, faults: vec![fault] }
        })?;
        self.roles.set(&wishes);
        Ok((wishes, failures))
    }

    /// The document as it was read lately; where it cannot be read again, as it was before.
    async fn document(
        &self,
        parameters: &Parameters,
        now: Timestamp,
    ) -> Result<(Vec<(String, String)>, Vec<String>), HandlerError> {
        let known = self.state.lock().unwrap_or_else(PoisonError::into_inner).document.clone();
        if let Some((read, texts)) = &known
            && is_fresh(*read, DOCUMENT_READ_FOR, now)
        {
            return Ok((texts.clone(), Vec::new()));
        }
        match (parameters.read().await, known) {
            (Ok(texts), _) => {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                state.document = Some((now, texts.clone()));
                Ok((texts, Vec::new()))
            }
            (Err(error), Some((_, texts))) => Ok((texts, vec![error.to_string()])),
            (Err(error), None) => {
                let fault = format!("{error}; nothing was done");
                Err(HandlerError { kind: ErrorType::ParameterUnreadable, faults: vec![fault] })
            }
        }
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

/// Whether something is as fresh as that. What seems to come from the future is not: the clock was set back.
fn is_fresh(since: Timestamp, kept_for: SignedDuration, now: Timestamp) -> bool {
    (SignedDuration::ZERO..kept_for).contains(&now.duration_since(since))
}
