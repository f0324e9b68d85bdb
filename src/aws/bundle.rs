//! A file of certificates to trust.

use std::fmt;

use aws_smithy_http_client::tls::TrustStore;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::network::fault::NetworkFault;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificates of a file, in PEM, each of which can be used.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Bundle {
    file: String,
    certificates: Vec<String>,
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bundle({} certificates of {})", self.certificates.len(), self.file)
    }
}

/// The file that is to be read: of `AWS_CA_BUNDLE`, else of `ca_bundle` in the profile.
pub(super) struct Configured {
    name: String,
    file: String,
}

pub(super) fn configured(
    lookup: &dyn Fn(&str) -> Option<String>,
    profile: Option<(&str, &str)>,
) -> Option<Configured> {
    const VARIABLE: &str = "AWS_CA_BUNDLE";
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let of_profile = || {
        let (file, profile) = profile?;
        let name = format!("ca_bundle in the profile {profile}");
        Some(Configured { name, file: with_home(&given(file)?, lookup) })
    };
    match lookup(VARIABLE).as_deref().and_then(given) {
        Some(file) => {
            Some(Configured { name: VARIABLE.to_owned(), file: with_home(&file, lookup) })
        }
        None => of_profile(),
    }
}

/// The AWS CLI takes a tilde for the home folder, also where no shell has done so.
fn with_home(file: &str, lookup: &dyn Fn(&str) -> Option<String>) -> String {
    match (file.strip_prefix("~/"), lookup("HOME")) {
        (Some(rest), Some(home)) => format!("{}/{rest}", home.trim_end_matches('/')),
        _ => file.to_owned(),
    }
}

impl Bundle {
    pub(super) fn read(configured: Configured) -> Result<Self, NetworkFault> {
        let Configured { name, file } = configured;
        let fault = |what: String| NetworkFault {
            name: name.clone(),
            fault: format!(
                "names the file {file}, which {what}; name a file of certificates in PEM that can be \
                 read, or unset it to trust the system's"
            ),
        };
        let bytes =
            std::fs::read(&file).map_err(|error| fault(format!("cannot be read: {error}")))?;
        let text = String::from_utf8_lossy(&bytes);
        let blocks = blocks(&text);
        if blocks.is_empty() {
            return Err(fault(format!("holds no \"{BEGIN}\"")));
        }
        let found = blocks.len();
        let certificates: Vec<String> = blocks.into_iter().filter(|pem| is_usable(pem)).collect();
        if certificates.is_empty() {
            return Err(fault(format!("holds {found} certificates, none of which can be used")));
        }
        if certificates.len() < found {
            tracing::warn!(
                "{name} names the file {file}: {} of its {found} certificates cannot be used",
                found - certificates.len()
            );
        }
        Ok(Self { file, certificates })
    }
}

/// The trust store with the bundle's certificates.
pub(super) fn trust(mut store: TrustStore, bundle: Option<&Bundle>) -> TrustStore {
    for certificate in bundle.iter().flat_map(|bundle| &bundle.certificates) {
        store.add_pem_certificate(certificate.as_bytes());
    }
    store
}

/// Bundles may hold text, keys and other things between the certificates.
fn blocks(text: &str) -> Vec<String> {
    let after = text.split(BEGIN).skip(1);
    let bodies = after.filter_map(|rest| rest.split_once(END).map(|(body, _)| body));
    bodies.map(|body| format!("{BEGIN}{body}{END}\n")).collect()
}

/// The HTTP client would panic at one that cannot be.
fn is_usable(pem: &str) -> bool {
    CertificateDer::from_pem_slice(pem.as_bytes())
        .is_ok_and(|certificate| RootCertStore::empty().add(certificate).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8]) -> Result<Bundle, NetworkFault> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bundle.pem");
        std::fs::write(&file, content).unwrap();
        let file = file.to_str().unwrap().to_owned();
        Bundle::read(Configured { name: "AWS_CA_BUNDLE".into(), file })
    }

    #[test]
    fn a_bundle_without_a_usable_certificate_names_variable_file_and_way_out() {
        let broken = format!("{BEGIN}\nAAAA\n{END}\n");
        let not_base64 = format!("{BEGIN}\n!!\n{END}\n");
        for (content, words) in [
            ("", "holds no"),
            ("no certificate", "holds no"),
            (BEGIN, "holds no"),
            (&broken, "none of which can be used"),
            (&not_base64, "none of which can be used"),
        ] {
            let fault = read(content.as_bytes()).unwrap_err().to_string();
            assert!(fault.starts_with("AWS_CA_BUNDLE names the file "), "{fault}");
            assert!(fault.contains("bundle.pem") && fault.contains(words), "{fault}");
            assert!(fault.contains("in PEM"), "{fault}");
        }
    }

    #[test]
    fn the_variable_wins_over_the_profile_and_an_empty_one_is_not_set() {
        let none = |_: &str| None;
        let empty = |name: &str| (name == "AWS_CA_BUNDLE").then(|| " ".to_owned());
        let set = |name: &str| match name {
            "AWS_CA_BUNDLE" => Some("~/ca.pem".to_owned()),
            "HOME" => Some("/home/me/".to_owned()),
            _ => None,
        };
        assert!(configured(&none, None).is_none());
        assert!(configured(&none, Some(("", "corp"))).is_none());
        for lookup in [&none as &dyn Fn(&str) -> Option<String>, &empty] {
            let found = configured(lookup, Some(("/ca.pem", "corp"))).unwrap();
            assert_eq!(found.name, "ca_bundle in the profile corp");
            assert_eq!(found.file, "/ca.pem");
        }
        let found = configured(&set, Some(("/ca.pem", "corp"))).unwrap();
        assert_eq!(
            (found.name.as_str(), found.file.as_str()),
            ("AWS_CA_BUNDLE", "/home/me/ca.pem")
        );
    }
}
