//! EC2's listings. How each kind of task is listed stands in a room of its own.

mod ask;
mod body;
mod bundle;
mod call;
mod clients;
mod convert;
mod export_image;
mod export_instance;
mod import_image;
mod import_snapshot;
mod names;
mod regions;
mod store_image;
mod transfer;
mod xml;

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_ec2::Client;
use aws_types::SdkConfig;
use futures_util::future::BoxFuture;

pub use self::ask::{Ask, Filter};
use self::body::SafeXmlClient;
use self::call::{Bounded, Call, Failed};
pub(crate) use self::clients::CLIENTS_MAX;
use self::clients::{Clients, Key};
use super::clients::{http_client, in_region};
use super::roles::Roles;
use crate::place::Place;
use crate::ports::{ListError, Page, PageAt, TaskSource};
use crate::task::Kind;

/// EC2 in every account and Region asked for, over one HTTP client.
#[derive(Debug, Clone)]
pub struct Ec2Tasks {
    config: SdkConfig,
    endpoint_url: Option<String>,
    roles: Option<Roles>,
    clients: Arc<Mutex<Clients>>,
}

impl Ec2Tasks {
    /// Lists with this configuration, in the Region of each place, whatever its account is called.
    #[must_use]
    pub fn new(config: &SdkConfig, endpoint_url: Option<String>) -> Self {
        let inner = config.http_client().unwrap_or_else(http_client);
        let elements = Kind::ALL.map(|kind| call(kind).elements).to_vec();
        let client = SafeXmlClient { inner, elements: elements.into() };
        let config = config.clone().into_builder().http_client(client).build();
        Self { config, endpoint_url, roles: None, clients: Arc::default() }
    }

    /// The same, but in each account that has a role by that role.
    #[must_use]
    pub fn through(self, roles: Roles) -> Self {
        Self { roles: Some(roles), ..self }
    }

    fn client(&self, place: &Place) -> Client {
        let Place { account, region } = place;
        let role = self.roles.as_ref().and_then(|roles| roles.role(account));
        let key = Key { role: role.map(|role| (account.clone(), role)), region: region.clone() };
        let make = || {
            let config = in_region(&self.config, region);
            let config = match &self.roles {
                Some(roles) => roles.apply(&config, account),
                None => config,
            };
            let mut builder = aws_sdk_ec2::config::Builder::from(&config);
            if let Some(url) = &self.endpoint_url {
                builder = builder.endpoint_url(url);
            }
            Client::from_conf(builder.build())
        };
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).get_or_make(key, make)
    }
}

/// How a kind is listed.
fn call(kind: Kind) -> &'static Call {
    match kind {
        Kind::StoreImage => &store_image::CALL,
        Kind::Bundle => &bundle::CALL,
        Kind::ImportSnapshot => &import_snapshot::CALL,
        Kind::ImportImage => &import_image::CALL,
        Kind::ExportImage => &export_image::CALL,
        Kind::ExportInstance => &export_instance::CALL,
    }
}

impl TaskSource for Ec2Tasks {
    fn list<'a>(
        &'a self,
        place: &'a Place,
        kind: Kind,
        at: PageAt<'a>,
        calls_max: u32,
    ) -> BoxFuture<'a, Result<Page, ListError>> {
        Box::pin(self.ask(place, kind, Ask::page(at), calls_max))
    }
}

impl Ec2Tasks {
    /// One page of a listing, of what is asked for. A dry run that is permitted gives an empty page.
    ///
    /// # Errors
    /// EC2 did not answer, or refuses it.
    pub async fn ask(
        &self,
        place: &Place,
        kind: Kind,
        ask: Ask<'_>,
        calls_max: u32,
    ) -> Result<Page, ListError> {
        let client = self.client(place);
        let bounded = Bounded::new(calls_max);
        match (call(kind).list)(&client, ask, bounded.clone()).await {
            Ok(page) => Ok(Page { calls: bounded.made(), throttled: bounded.throttled(), ..page }),
            Err(Failed { is_permitted: true, .. }) => {
                Ok(Page { calls: bounded.made(), ..Page::default() })
            }
            Err(Failed { reason, token_refused, source, .. }) => Err(ListError {
                operation: kind.identity().operation,
                region: place.region.clone(),
                reason,
                token_refused,
                calls: bounded.made(),
                throttled: bounded.throttled(),
                source,
            }),
        }
    }
}
