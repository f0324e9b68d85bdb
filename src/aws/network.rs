//! The way to AWS, as the AWS CLI finds it: through the proxies that `HTTPS_PROXY`, `HTTP_PROXY` and
//! `NO_PROXY` name, trusting the certificates of `AWS_CA_BUNDLE`, or of `ca_bundle` in the profile.
//!
//! The addresses that give credentials to a machine or a container are never asked through a proxy:
//! what answers there would be the proxy's own machine.

mod client;
pub(super) mod fault;

use std::fmt;
use std::net::IpAddr;

use aws_smithy_http_client::proxy::ProxyConfig;

pub use self::fault::NetworkFault;
use super::bundle::{self, Bundle};

/// Looks a variable up.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Where EC2, ECS and EKS give out credentials, by IPv4 and IPv6.
const CREDENTIAL_ADDRESSES: [&str; 5] =
    ["169.254.169.254", "fd00:ec2::254", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

/// How AWS is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    http: Option<Proxy>,
    https: Option<Proxy>,
    /// The value of `NO_PROXY`.
    no_proxy: String,
    bundle: Option<Bundle>,
}

/// A proxy. Its URL may hold a password, which is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
struct Proxy {
    variable: String,
    url: String,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("http", &self.url));
        let host = rest.rsplit('@').next().unwrap_or_default().trim_end_matches('/');
        write!(f, "{scheme}://{host} of {}", self.variable)
    }
}

/// Which way a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Direct,
    HttpProxy,
    HttpsProxy,
}

impl Network {
    /// Reads the proxies and the bundle; `lookup` is the environment. `profile` is the file that
    /// `ca_bundle` names in the AWS profile, and that profile's name.
    ///
    /// # Errors
    /// All that cannot be used, each by its name.
    pub fn from_lookup(
        lookup: Lookup<'_>,
        profile: Option<(&str, &str)>,
    ) -> Result<Self, Vec<NetworkFault>> {
        let mut faults = Vec::new();
        let mut proxy = |scheme: &str| match proxy(lookup, scheme) {
            Ok(proxy) => proxy,
            Err(fault) => {
                faults.push(fault);
                None
            }
        };
        let (http, https) = (proxy("http"), proxy("https"));
        let no_proxy = variable(lookup, "no_proxy").map(|(_, rules)| rules).unwrap_or_default();
        let bundle = match bundle::configured(lookup, profile).map(Bundle::read).transpose() {
            Ok(bundle) => bundle,
            Err(fault) => {
                faults.push(fault);
                None
            }
        };
        if faults.is_empty() { Ok(Self { http, https, no_proxy, bundle }) } else { Err(faults) }
    }

    fn way(&self, uri: &str) -> Way {
        let Some((scheme, authority)) = parts(uri) else { return Way::Direct };
        if CREDENTIAL_ADDRESSES.contains(&host(&authority)) || is_exempt(&authority, &self.no_proxy)
        {
            return Way::Direct;
        }
        match scheme {
            "https" if self.https.is_some() => Way::HttpsProxy,
            "http" if self.http.is_some() => Way::HttpProxy,
            _ => Way::Direct,
        }
    }
}

/// A variable and its value, in the spelling that wins: the small one, also where it is empty, by
/// which a proxy is switched off.
fn variable(lookup: Lookup<'_>, name: &str) -> Option<(String, String)> {
    let found = [name.to_owned(), name.to_ascii_uppercase()]
        .into_iter()
        .find_map(|name| lookup(&name).map(|value| (name, value.trim().to_owned())));
    found.filter(|(_, value)| !value.is_empty())
}

fn proxy(lookup: Lookup<'_>, scheme: &str) -> Result<Option<Proxy>, NetworkFault> {
    let Some((variable, value)) = variable(lookup, &format!("{scheme}_proxy")) else {
        return Ok(None);
    };
    let url = match value.split_once("://") {
        Some(("http" | "https", _)) => value.clone(),
        None => format!("http://{}", value.trim_start_matches('/')),
        Some((other, _)) => {
            let fault = format!(
                "names a proxy that speaks {other}; name one by http://HOST:PORT or https://HOST:PORT"
            );
            return Err(NetworkFault { name: variable, fault });
        }
    };
    // Neither the value nor the parser's words about it: there may be a password in it.
    if ProxyConfig::all(url.as_str()).is_ok() {
        return Ok(Some(Proxy { variable, url }));
    }
    let fault = "holds no URL of a proxy; write http://HOST:PORT, and percent-encode what is no \
                 letter or digit in a user's name and password";
    Err(NetworkFault { name: variable, fault: fault.to_owned() })
}

/// The scheme and the authority of an address, without a user.
fn parts(uri: &str) -> Option<(&str, String)> {
    let (scheme, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    Some((scheme, authority))
}

/// Whether an address is of this machine, over plain HTTP.
fn is_of_this_machine(uri: &str) -> bool {
    parts(uri).is_some_and(|(scheme, authority)| {
        let host = host(&authority);
        let is_loopback = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        scheme == "http" && (is_loopback || host == "localhost")
    })
}

/// The host of an authority, without port and brackets.
fn host(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default();
    }
    authority.split(':').next().unwrap_or_default()
}

/// Whether `NO_PROXY` names a host, as Python's urllib reads it for the AWS CLI: each name stands
/// for itself and all below it, with or without a dot before it, and with a port only for that one.
fn is_exempt(authority: &str, no_proxy: &str) -> bool {
    if no_proxy.trim() == "*" {
        return true;
    }
    let host = host(authority);
    no_proxy.split(',').any(|name| {
        let name = name.trim().trim_start_matches('.').to_ascii_lowercase();
        let matches = |known: &str| {
            known == name || known.strip_suffix(&name).is_some_and(|rest| rest.ends_with('.'))
        };
        !name.is_empty() && (matches(host) || matches(authority))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Network, Vec<NetworkFault>> {
        let lookup = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into())
        };
        Network::from_lookup(&lookup, None)
    }

    const EC2: &str = "https://ec2.us-east-1.amazonaws.com/";

    #[test]
    fn each_scheme_has_its_proxy_and_no_other_variable_is_read() {
        let https = read(&[("HTTPS_PROXY", "http://proxy:3128")]).unwrap();
        assert_eq!(https.way(EC2), Way::HttpsProxy);
        assert_eq!(https.way("http://127.0.0.1:4000/"), Way::Direct);
        let http = read(&[("http_proxy", "proxy:3128")]).unwrap();
        assert_eq!((http.way(EC2), http.way("http://a.b")), (Way::Direct, Way::HttpProxy));
        assert_eq!(http.http.unwrap().url, "http://proxy:3128");
        // The AWS CLI does not read it either; it often names a SOCKS proxy.
        assert_eq!(read(&[("ALL_PROXY", "socks5://proxy:1080")]), Ok(Network::default()));
    }

    #[test]
    fn the_small_spelling_wins_and_an_empty_one_switches_off() {
        let both = [("https_proxy", "http://small:1"), ("HTTPS_PROXY", "http://large:1")];
        assert_eq!(read(&both).unwrap().https.unwrap().url, "http://small:1");
        let off = [("https_proxy", " "), ("HTTPS_PROXY", "http://large:1")];
        assert_eq!(read(&off), Ok(Network::default()));
        assert_eq!(read(&[("HTTPS_PROXY", ""), ("NO_PROXY", "")]), Ok(Network::default()));
    }

    #[test]
    fn no_proxy_is_read_as_the_aws_cli_reads_it() {
        for (rules, is_direct) in [
            ("amazonaws.com", true),
            (".amazonaws.com", true),
            ("localhost, EC2.us-east-1.Amazonaws.com ,x", true),
            ("ec2.us-east-1.amazonaws.com:443", false),
            ("*", true),
            ("azonaws.com", false),
            ("s3.us-east-1.amazonaws.com", false),
            (",", false),
        ] {
            let variables = [("HTTPS_PROXY", "http://proxy:3128"), ("NO_PROXY", rules)];
            let way = read(&variables).unwrap().way(EC2);
            assert_eq!(way == Way::Direct, is_direct, "{rules}");
        }
        let variables = [("HTTP_PROXY", "http://proxy:3128"), ("no_proxy", "127.0.0.1:4000,::1")];
        let network = read(&variables).unwrap();
        assert_eq!(network.way("http://127.0.0.1:4000/x"), Way::Direct);
        assert_eq!(network.way("http://127.0.0.1:4001/x"), Way::HttpProxy);
        assert_eq!(network.way("http://[::1]:4001/x"), Way::Direct);
    }

    #[test]
    fn credentials_are_never_asked_for_through_a_proxy() {
        let network = read(&[("HTTP_PROXY", "http://proxy:3128")]).unwrap();
        for url in [
            "http://169.254.169.254/latest/api/token",
            "http://169.254.170.2/v2/credentials/1",
            "http://[fd00:ec2::254]/latest",
            "http://169.254.170.23:80/v1/credentials",
        ] {
            assert_eq!(network.way(url), Way::Direct, "{url}");
        }
        assert_eq!(network.way("http://169.254.169.25/"), Way::HttpProxy);
    }

    #[test]
    fn an_address_is_of_this_machine_by_its_host_alone() {
        for uri in
            ["http://127.0.0.1:80/x", "http://localhost", "http://[::1]:1?x", "http://127.8.8.8/"]
        {
            assert!(is_of_this_machine(uri), "{uri}");
        }
        for uri in [
            "http://127.0.0.1:1@a.example/",
            "http://localhost@a.example",
            "http://localhost.example/",
            "http://127.example/",
            "http://[::1]@a.example/",
            "https://127.0.0.1/",
            "http://a.example/@127.0.0.1",
        ] {
            assert!(!is_of_this_machine(uri), "{uri}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_named_without_its_password() {
        for (value, words) in [
            ("socks5://user:SECRET@proxy:1080", "socks5"),
            ("http://user:SECRET word@proxy:1080", "percent-encode"),
            ("http://", "http://HOST:PORT"),
        ] {
            let faults = read(&[("HTTPS_PROXY", value), ("HTTP_PROXY", value)]).unwrap_err();
            assert_eq!(faults.len(), 2, "all at once");
            let text = faults[1].to_string();
            assert!(text.starts_with("HTTPS_PROXY ") && text.contains(words), "{text}");
            assert!(!text.contains("SECRET"), "{text}");
        }
        let network = read(&[("HTTPS_PROXY", "http://user:SECRET@proxy:3128/")]).unwrap();
        let text = format!("{network:?}");
        assert!(text.contains("http://proxy:3128 of HTTPS_PROXY") && !text.contains("SECRET"));
    }
}
