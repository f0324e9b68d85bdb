//! HTTP clients that take for each request the way that [`Network`] says.

use std::sync::Arc;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::{Network, Proxy, Way, is_of_this_machine};
use crate::aws::bounded::bounded;
use crate::aws::bundle;
use crate::aws::clients::TLS;

impl Network {
    /// The HTTP client for AWS's services. Its TLS is set up once, when it is first used.
    #[must_use]
    pub fn client(&self) -> SharedHttpClient {
        self.client_that(Loopback::AsAnyHost)
    }

    /// The HTTP client for whatever gives out credentials, which may also be an agent on this
    /// machine.
    #[must_use]
    pub fn client_for_credentials(&self) -> SharedHttpClient {
        bounded(self.client_that(Loopback::Direct))
    }

    fn client_that(&self, loopback: Loopback) -> SharedHttpClient {
        let trust = self.trust_for_aws();
        let direct = client(None, trust.clone());
        if self.http.is_none() && self.https.is_none() {
            return direct;
        }
        let through = |proxy: &Option<Proxy>| {
            proxy.as_ref().map(|proxy| client(Some(self.config(proxy)), trust.clone()))
        };
        SharedHttpClient::new(Routed(Arc::new(Routes {
            http: through(&self.http),
            https: through(&self.https),
            direct,
            loopback,
            network: self.clone(),
        })))
    }

    /// A connector for hosts that are not AWS's. The bundle comes on top of the system's
    /// certificates here, as it may hold only what AWS's endpoints need.
    #[must_use]
    pub fn connector(&self, settings: &HttpConnectorSettings) -> impl HttpConnector + use<> {
        let trust = bundle::trust(TrustStore::default(), self.bundle.as_ref());
        let connect = |proxy: Option<&Proxy>| {
            let mut builder = Connector::builder()
                .connector_settings(settings.clone())
                .sleep_impl(TokioSleep::new());
            builder.set_proxy_config(proxy.map(|proxy| self.config(proxy)));
            let builder = builder.tls_provider(TLS).tls_context(context(trust.clone()));
            SharedHttpConnector::new(builder.build())
        };
        RoutedConnector {
            direct: connect(None),
            http: self.http.as_ref().map(|proxy| connect(Some(proxy))),
            https: self.https.as_ref().map(|proxy| connect(Some(proxy))),
            network: self.clone(),
        }
    }

    /// As the AWS CLI has it, a bundle stands in place of the system's certificates.
    fn trust_for_aws(&self) -> TrustStore {
        match &self.bundle {
            Some(bundle) => bundle::trust(TrustStore::empty(), Some(bundle)),
            None => TrustStore::default(),
        }
    }

    /// The rules of `NO_PROXY` go along: besides names, the HTTP client knows addresses with a mask,
    /// which people write and the AWS CLI does not read.
    fn config(&self, proxy: &Proxy) -> ProxyConfig {
        // It was valid when it was read.
        let config = ProxyConfig::all(proxy.url.as_str());
        config.unwrap_or_else(|_| ProxyConfig::disabled()).no_proxy(&self.no_proxy)
    }

    /// Says in an error which proxy it came through.
    fn explain(&self, way: Way, error: ConnectorError) -> ConnectorError {
        let proxy = match way {
            Way::Direct => None,
            Way::HttpProxy => self.http.as_ref(),
            Way::HttpsProxy => self.https.as_ref(),
        };
        let Some(proxy) = proxy else { return error };
        let kind = error.as_other();
        let (is_timeout, is_user, is_io) = (error.is_timeout(), error.is_user(), error.is_io());
        let through = Through { proxy: proxy.to_string(), source: error };
        match () {
            () if is_timeout => ConnectorError::timeout(through.into()),
            () if is_user => ConnectorError::user(through.into()),
            () if is_io => ConnectorError::io(through.into()),
            () => ConnectorError::other(through.into(), kind),
        }
    }
}

/// A request that failed behind a proxy, or at it.
#[derive(Debug, thiserror::Error)]
#[error("through the proxy {proxy}")]
struct Through {
    proxy: String,
    source: ConnectorError,
}

fn context(trust: TrustStore) -> TlsContext {
    // Nothing in it can be wrong: the certificates were read before.
    TlsContext::builder().with_trust_store(trust).build().unwrap_or_default()
}

fn client(proxy: Option<ProxyConfig>, trust: TrustStore) -> SharedHttpClient {
    let Some(proxy) = proxy else {
        return Builder::new().tls_provider(TLS).tls_context(context(trust)).build_https();
    };
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder().proxy_config(proxy.clone());
        builder.set_connector_settings(settings.cloned());
        builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        builder.tls_provider(TLS).tls_context(context(trust.clone())).build()
    })
}

/// How a host of this machine is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loopback {
    AsAnyHost,
    Direct,
}

#[derive(Debug)]
struct Routes {
    direct: SharedHttpClient,
    http: Option<SharedHttpClient>,
    https: Option<SharedHttpClient>,
    loopback: Loopback,
    network: Network,
}

impl Routes {
    fn way(&self, uri: &str) -> Way {
        if self.loopback == Loopback::Direct && is_of_this_machine(uri) {
            return Way::Direct;
        }
        self.network.way(uri)
    }

    fn client(&self, way: Way) -> &SharedHttpClient {
        let proxied = match way {
            Way::Direct => None,
            Way::HttpProxy => self.http.as_ref(),
            Way::HttpsProxy => self.https.as_ref(),
        };
        proxied.unwrap_or(&self.direct)
    }
}

/// A client that takes for each request the way that its address asks for.
#[derive(Debug, Clone)]
struct Routed(Arc<Routes>);

impl HttpClient for Routed {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(RoutedCall {
            routes: Arc::clone(&self.0),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

#[derive(Debug)]
struct RoutedCall {
    routes: Arc<Routes>,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for RoutedCall {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let way = self.routes.way(request.uri());
        // The client keeps its connectors, and makes none for a way that nothing takes.
        let connector = self.routes.client(way).http_connector(&self.settings, &self.components);
        let routes = Arc::clone(&self.routes);
        HttpConnectorFuture::new(async move {
            connector.call(request).await.map_err(|error| routes.network.explain(way, error))
        })
    }
}

#[derive(Debug)]
struct RoutedConnector {
    direct: SharedHttpConnector,
    http: Option<SharedHttpConnector>,
    https: Option<SharedHttpConnector>,
    network: Network,
}

impl HttpConnector for RoutedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let way = self.network.way(request.uri());
        let proxied = match way {
            Way::Direct => None,
            Way::HttpProxy => self.http.as_ref(),
            Way::HttpsProxy => self.https.as_ref(),
        };
        let answer = proxied.unwrap_or(&self.direct).call(request);
        let network = self.network.clone();
        HttpConnectorFuture::new(async move {
            answer.await.map_err(|error| network.explain(way, error))
        })
    }
}
