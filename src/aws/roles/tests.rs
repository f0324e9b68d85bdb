use aws_sdk_sts::config::BehaviorVersion;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_types::region::Region;
use aws_types::sdk_config::SharedAsyncSleep;
use futures_util::future::join_all;

use super::*;
use crate::targets::Regions;

const OWN: &str = "111122223333";
const OTHER: &str = "444455556666";

/// An STS whose access key ids are the accounts, and which remembers who called what.
#[derive(Debug, Clone, Default)]
struct Sts {
    calls: Arc<Mutex<Vec<(String, String)>>>,
    denies: bool,
}

impl Sts {
    /// The calls so far, each with the access key id that signed it.
    fn calls(&self) -> Vec<(String, String)> {
        self.calls.lock().unwrap().clone()
    }

    fn answer(&self, form: &str) -> (u16, String) {
        if !form.contains("Action=AssumeRole") {
            let identity =
                "<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>";
            return (200, identity.to_owned());
        }
        if self.denies {
            let error = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
                <Message>not you</Message></Error><RequestId>1</RequestId></ErrorResponse>";
            return (403, error.to_owned());
        }
        let (_, rest) = form.split_once("%3Aiam%3A%3A").unwrap();
        let account = &rest[..12];
        let answer = format!(
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{account}</AccessKeyId>\
             <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
             <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>\
             </AssumeRoleResponse>"
        );
        (200, answer)
    }
}

impl HttpConnector for Sts {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let form = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
        let signed = request.headers().get("authorization").unwrap_or_default().to_owned();
        let (_, key) = signed.split_once("Credential=").unwrap();
        let key = key.split('/').next().unwrap().to_owned();
        self.calls.lock().unwrap().push((key, form.clone()));
        let (status, body) = self.answer(&form);
        HttpConnectorFuture::new(async move {
            // Long enough for others to ask meanwhile.
            tokio::task::yield_now().await;
            Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body)))
        })
    }
}

impl HttpClient for Sts {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

fn own(sts: &Sts) -> SdkConfig {
    let own = Credentials::new(OWN, "secret", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("cn-north-1"))
        .credentials_provider(SharedCredentialsProvider::new(own))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .http_client(sts.clone())
        .build()
}

fn roles(sts: &Sts) -> Roles {
    Roles::new(&own(sts), Some("http://127.0.0.1:1".into()))
}

fn wish(account: &str, role: Option<&str>) -> Wish {
    let external_id = Some("hub/1".to_owned());
    Wish {
        account: account.to_owned(),
        regions: Regions::All,
        kinds: [].into(),
        role: role.map(|name| Role { name: name.to_owned(), external_id }),
    }
}

/// A call with the credentials of an account.
async fn ask(sts: &Sts, roles: &Roles, account: &str) -> Result<(), String> {
    let config = roles.apply(&own(sts), account);
    let config = aws_sdk_sts::config::Builder::from(&config).endpoint_url("http://127.0.0.1:1");
    let answer = Client::from_conf(config.build()).get_caller_identity().send().await;
    answer.map(drop).map_err(|error| reason_of("EC2", &error))
}

#[tokio::test]
async fn however_many_ask_at_once_a_role_is_assumed_once_and_the_own_account_needs_none() {
    let sts = Sts::default();
    let roles = roles(&sts);
    roles.set(&[wish(OWN, None), wish(OTHER, Some("amiwatch-member"))]);
    let asked =
        join_all([OTHER, OTHER, OWN, OTHER].map(|account| ask(&sts, &roles, account))).await;
    assert!(asked.iter().all(Result::is_ok), "{asked:?}");
    assert_eq!(ask(&sts, &roles, OTHER).await, Ok(()));

    let (assumed, asked): (Vec<_>, Vec<_>) =
        sts.calls().into_iter().partition(|(_, form)| form.contains("AssumeRole"));
    let [(by, form)] = &assumed[..] else { panic!("{assumed:?}") };
    assert_eq!(by, OWN);
    for words in [
        "arn%3Aaws-cn%3Aiam%3A%3A444455556666%3Arole%2Famiwatch-member",
        "RoleSessionName=amiwatch",
        "DurationSeconds=3600",
        "ExternalId=hub%2F1",
    ] {
        assert!(form.contains(words), "{words}: {form}");
    }
    let mut keys: Vec<&str> = asked.iter().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, [OWN, OTHER, OTHER, OTHER, OTHER]);
}

#[tokio::test]
async fn a_role_that_stays_keeps_its_credentials_and_one_that_changes_is_assumed_anew() {
    let sts = Sts::default();
    let roles = roles(&sts);
    let assumed = || sts.calls().iter().filter(|(_, form)| form.contains("AssumeRole")).count();
    for (role, expected) in [("a", 1), ("a", 1), ("b", 2)] {
        roles.set(&[wish(OTHER, Some(role)), wish(OTHER, Some(role))]);
        ask(&sts, &roles, OTHER).await.unwrap();
        assert_eq!(assumed(), expected, "{role}");
        assert_eq!(roles.role(OTHER).unwrap().name, role);
    }
    roles.set(&[]);
    assert_eq!(roles.role(OTHER), None);
}

#[tokio::test]
async fn a_refusal_names_the_role_and_what_sts_said_and_is_not_asked_for_by_each() {
    let sts = Sts { denies: true, ..Sts::default() };
    let roles = roles(&sts);
    roles.set(&[wish(OTHER, Some("amiwatch-member"))]);
    let asked = join_all([OTHER, OTHER, OTHER].map(|account| ask(&sts, &roles, account))).await;
    for error in asked.into_iter().map(Result::unwrap_err) {
        assert!(
            error.starts_with("the role arn:aws-cn:iam::444455556666:role/amiwatch-member cannot")
                && error.contains("AccessDenied: not you")
                && error.contains("trusts the one who asks"),
            "{error}"
        );
        assert!(!error.contains("hub/1") && !error.contains("secret"), "{error}");
    }
    assert_eq!(sts.calls().len(), 1);
}
