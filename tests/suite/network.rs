//! Proxies and certificate bundles: the real binaries through a real proxy and real TLS, held against
//! the AWS CLI where it can do the same.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use amiwatch_simulator::{FaultKind, FaultRule, Simulator, StorePlan};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::lambda::{Function, environment};
use crate::support::moto::{self, Inbox};
use crate::support::way::{HttpProxy, TlsRelay};
use crate::support::{ACCOUNT, REGION, ago};

const AMI: &str = "ami-0123456789abcdef0";

/// A simulator with a task, behind TLS, and a home folder with the bundle that trusts it.
struct Stack {
    sim: Simulator,
    relay: TlsRelay,
    home: TempDir,
    bundle: String,
}

impl Stack {
    async fn new() -> Self {
        let sim = Simulator::builder().start().await.unwrap();
        let plan = StorePlan::new(AMI, "b", ago(60), Duration::from_secs(1_000_000));
        sim.world().add_store_task(ACCOUNT, REGION, plan);
        let home = tempfile::tempdir().unwrap();
        let bundle = home.path().join("bundle.pem");
        let relay = TlsRelay::in_front_of(&sim.url(), &bundle).await;
        let bundle = bundle.to_str().unwrap().to_owned();
        Self { sim, relay, home, bundle }
    }

    fn with_variables(&self, mut command: Command, variables: &[(&str, &str)]) -> Command {
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("AWS_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", ACCOUNT)
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(variables.iter().copied());
        command
    }

    async fn list(&self, variables: &[(&str, &str)]) -> Output {
        let mut command =
            self.with_variables(Command::new(env!("CARGO_BIN_EXE_amiwatch")), variables);
        command.args(["list", "--kind", "store-image"]);
        output(command).await
    }

    async fn aws(&self, variables: &[(&str, &str)]) -> Output {
        let python = std::env::var("AMIWATCH_TEST_PYTHON").unwrap();
        let aws = Path::new(&python).with_file_name("aws");
        let mut command = self.with_variables(Command::new(aws), variables);
        command.args(["ec2", "describe-store-image-tasks", "--region", REGION]);
        command.env("AWS_MAX_ATTEMPTS", "1");
        output(command).await
    }

    fn write_profile(&self, name: &str, text: &str) {
        let folder = self.home.path().join(".aws");
        std::fs::create_dir_all(&folder).unwrap();
        let section =
            if name == "default" { "default".to_owned() } else { format!("profile {name}") };
        std::fs::write(folder.join("config"), format!("[{section}]\n{text}\n")).unwrap();
    }
}

async fn output(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
fn assert_listed(output: &Output) {
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8(output.stdout.clone()).unwrap().contains(AMI), "{output:?}");
}

#[tokio::test]
async fn the_command_line_takes_the_way_that_the_aws_cli_takes() {
    let stack = Stack::new().await;
    let proxy = HttpProxy::open().await;
    let (http, proxy_url) = (stack.sim.url(), proxy.url());
    let https = stack.relay.url.clone();
    let bundle = ("AWS_CA_BUNDLE", stack.bundle.as_str());
    let forward = format!("POST {http}/");
    let tunnel = format!("CONNECT {}", https.strip_prefix("https://").unwrap());
    let relay = https.strip_prefix("https://").unwrap();
    for (endpoint, variables, way) in [
        (&http, vec![("HTTP_PROXY", proxy_url.as_str())], Some(&forward)),
        (&http, vec![("http_proxy", proxy.address.as_str())], Some(&forward)),
        (&http, vec![("HTTPS_PROXY", &proxy_url)], None),
        (&http, vec![("ALL_PROXY", &proxy_url)], None),
        (&http, vec![("HTTP_PROXY", &proxy_url), ("NO_PROXY", "x, 127.0.0.1")], None),
        (&http, vec![("HTTP_PROXY", &proxy_url), ("no_proxy", "*")], None),
        (&http, vec![("HTTP_PROXY", &proxy_url), ("NO_PROXY", "")], Some(&forward)),
        (&http, vec![("HTTP_PROXY", &proxy_url), ("http_proxy", "")], None),
        (&https, vec![bundle], None),
        (&https, vec![bundle, ("HTTPS_PROXY", &proxy_url)], Some(&tunnel)),
        (&https, vec![bundle, ("https_proxy", &proxy_url)], Some(&tunnel)),
        (&https, vec![bundle, ("HTTP_PROXY", &proxy_url)], None),
        (&https, vec![bundle, ("HTTPS_PROXY", &proxy_url), ("NO_PROXY", relay)], None),
    ] {
        let mut variables = variables.clone();
        variables.push(("AWS_ENDPOINT_URL_EC2", endpoint));
        assert_listed(&stack.list(&variables).await);
        let ours = proxy.asked();
        assert_listed(&stack.aws(&variables).await);
        let theirs = proxy.asked();
        let expected: Vec<String> = way.into_iter().cloned().collect();
        assert_eq!((&ours, &theirs), (&expected, &expected), "{variables:?}");
    }
}

#[tokio::test]
async fn a_certificate_is_trusted_by_the_bundle_of_the_variable_or_the_profile_and_by_nothing_else()
{
    let stack = Stack::new().await;
    let endpoint = ("AWS_ENDPOINT_URL_EC2", stack.relay.url.as_str());
    let refused = stack.list(&[endpoint]).await;
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused).contains("certificate"), "{}", said(&refused));
    assert!(!stack.aws(&[endpoint]).await.status.success());
    // The system's certificates from elsewhere, as OpenSSL has it.
    assert_listed(&stack.list(&[endpoint, ("SSL_CERT_FILE", &stack.bundle)]).await);

    for (name, variables) in
        [("default", vec![endpoint]), ("corp", vec![endpoint, ("AWS_PROFILE", "corp")])]
    {
        let keys = "aws_access_key_id = 123456789012\naws_secret_access_key = secret";
        stack.write_profile(name, &format!("{keys}\nca_bundle = {}", stack.bundle));
        assert_listed(&stack.list(&variables).await);
        assert_listed(&stack.aws(&variables).await);
        // The variable wins.
        let mut with_variable = variables.clone();
        with_variable.push(("AWS_CA_BUNDLE", "/no/such/file"));
        assert_eq!(stack.list(&with_variable).await.status.code(), Some(2));
        stack.write_profile(name, &format!("{keys}\nca_bundle = /no/such/file"));
        let broken = stack.list(&variables).await;
        let text = said(&broken);
        assert_eq!(broken.status.code(), Some(2));
        let named = format!("ca_bundle in the profile {name} names the file /no/such/file");
        assert!(text.contains(&named) && text.contains("in PEM"), "{text}");
        let mut with_variable = variables.clone();
        with_variable.push(("AWS_CA_BUNDLE", &stack.bundle));
        assert_listed(&stack.list(&with_variable).await);
    }
    stack.write_profile("other", &format!("ca_bundle = {}", stack.bundle));
    assert_eq!(stack.list(&[endpoint]).await.status.code(), Some(2), "not the profile in use");
}

#[tokio::test]
async fn a_bundle_that_holds_no_certificate_is_refused_before_any_call() {
    let stack = Stack::new().await;
    let folder = stack.home.path().to_str().unwrap().to_owned();
    let empty = stack.home.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    for (file, words) in [
        (empty.to_str().unwrap(), "holds no \"-----BEGIN CERTIFICATE-----\""),
        (folder.as_str(), "cannot be read"),
        ("/no/such/file", "cannot be read"),
    ] {
        let endpoint = ("AWS_ENDPOINT_URL_EC2", stack.relay.url.as_str());
        let refused = stack.list(&[endpoint, ("AWS_CA_BUNDLE", file)]).await;
        let text = said(&refused);
        assert_eq!(refused.status.code(), Some(2));
        assert!(text.contains(&format!("AWS_CA_BUNDLE names the file {file}")), "{text}");
        assert!(text.contains(words), "{text}");
    }
    assert!(stack.sim.world().calls().is_empty());
}

#[tokio::test]
async fn a_proxy_gets_its_password_and_no_error_shows_it() {
    let stack = Stack::new().await;
    // user:SECRET/1
    let proxy = HttpProxy::asking_for("Basic dXNlcjpTRUNSRVQvMQ==").await;
    let good = format!("http://user:SECRET%2F1@{}", proxy.address);
    let bad = format!("http://user:SECRET@{}", proxy.address);
    let nobody = "http://user:SECRET@127.0.0.1:1";
    for (endpoint, variable) in
        [(stack.sim.url(), "HTTP_PROXY"), (stack.relay.url.clone(), "HTTPS_PROXY")]
    {
        let bundle = ("AWS_CA_BUNDLE", stack.bundle.as_str());
        let endpoint = ("AWS_ENDPOINT_URL_EC2", endpoint.as_str());
        assert_listed(&stack.list(&[endpoint, bundle, (variable, &good)]).await);
        for url in [bad.as_str(), nobody] {
            let refused = stack.list(&[endpoint, bundle, (variable, url)]).await;
            let text = said(&refused);
            assert_eq!(refused.status.code(), Some(2), "{text}");
            assert!(text.contains(variable) && !text.contains("SECRET"), "{text}");
        }
    }
    let wrong = stack.list(&[("HTTPS_PROXY", "socks5://user:SECRET@127.0.0.1:1")]).await;
    let text = said(&wrong);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text.contains("HTTPS_PROXY names a proxy that speaks socks5"), "{text}");
    assert!(!text.contains("SECRET"), "{text}");
}

#[tokio::test]
async fn the_poller_goes_through_the_proxies_and_trusts_the_bundle() {
    let stack = Stack::new().await;
    let proxy = HttpProxy::open().await;
    let inbox = Inbox::open().await;
    let mut variables = environment("poller");
    for (name, value) in [
        ("AMIWATCH_TABLE", moto::table().await),
        ("AMIWATCH_TOPIC_ARN", inbox.topic_arn.clone()),
        ("AWS_ENDPOINT_URL", moto::url()),
        ("AWS_ENDPOINT_URL_EC2", stack.relay.url.clone()),
        ("HTTP_PROXY", proxy.url()),
        ("HTTPS_PROXY", proxy.url()),
        ("AWS_CA_BUNDLE", stack.bundle.clone()),
    ] {
        variables.insert(name.to_owned(), value);
    }
    let mut function = Function::start("poller", &variables).await;
    let summary = function.invoke(&json!({})).await.unwrap();
    assert_eq!(summary["targets"][0]["listed"], 1);
    let plan = StorePlan::new("ami-00000000000000002", "b", ago(30), Duration::from_secs(1));
    stack.sim.world().add_store_task(ACCOUNT, REGION, plan);
    function.invoke(&json!({})).await.unwrap();
    assert_eq!(inbox.events().await[0]["detail"]["outcome"], "completed");
    let asked = proxy.asked();
    let tunnel = format!("CONNECT {}", stack.relay.url.strip_prefix("https://").unwrap());
    assert!(asked.contains(&tunnel), "{asked:?}");
    assert!(asked.contains(&format!("POST {}/", moto::url())), "{asked:?}");

    variables.remove("AWS_CA_BUNDLE");
    let mut function = Function::start("poller", &variables).await;
    let error = function.invoke(&json!({})).await.unwrap_err();
    let text = error["errorMessage"].as_str().unwrap();
    assert!(text.contains("HTTPS_PROXY") && text.contains("certificate"), "{text}");
}

#[cfg(feature = "webhook")]
#[tokio::test]
async fn a_webhook_is_reached_through_the_proxies_and_with_the_bundle() {
    use crate::support::chat_app::ChatApp;
    use crate::support::unique;
    use amiwatch::event::Outcome;
    use amiwatch::render::sample;
    use amiwatch::task::Kind;

    let app = ChatApp::answering(&[]).await;
    let home = tempfile::tempdir().unwrap();
    let bundle = home.path().join("bundle.pem");
    let (_, rest) = app.url.split_once("//").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let relay = TlsRelay::in_front_of(&format!("http://{host}"), &bundle).await;
    let event: Value = json!(sample::event(Kind::StoreImage, Outcome::Failed));
    for (url, way) in [
        (app.url.clone(), format!("POST {}", app.url)),
        (
            format!("{}/{path}", relay.url),
            format!("CONNECT {}", relay.url.strip_prefix("https://").unwrap()),
        ),
    ] {
        let proxy = HttpProxy::open().await;
        let parameter = format!("/{}", unique("webhook"));
        moto::put_secret(&parameter, &url).await;
        let dead_letters = Inbox::open().await;
        let mut variables: BTreeMap<String, String> = environment("slack");
        for (name, value) in [
            ("AMIWATCH_WEBHOOK_PARAMETER", parameter),
            ("AMIWATCH_DEAD_LETTERS_URL", dead_letters.queue_url.clone()),
            ("AWS_ENDPOINT_URL", moto::url()),
            ("HTTP_PROXY", proxy.url()),
            ("HTTPS_PROXY", proxy.url()),
            ("AWS_CA_BUNDLE", bundle.to_str().unwrap().to_owned()),
        ] {
            variables.insert(name.to_owned(), value);
        }
        let mut function = Function::start("webhook", &variables).await;
        assert_eq!(function.invoke(&event).await.unwrap()["delivered"], "in full");
        let asked = proxy.asked();
        assert!(asked.contains(&way), "{way}: {asked:?}");
        assert!(asked.contains(&format!("POST {}/", moto::url())), "Parameter Store: {asked:?}");
    }
    assert_eq!(app.taken().len(), 2);
}

#[tokio::test]
async fn an_sso_login_that_ran_out_says_how_to_log_in_again() {
    let stack = Stack::new().await;
    let text = "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = reader\n\
        [sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.example/start";
    stack.write_profile("corp", text);
    let cache = stack.home.path().join(".aws/sso/cache");
    std::fs::create_dir_all(&cache).unwrap();
    let token = json!({
        "accessToken": "SECRET",
        "expiresAt": "2020-01-01T00:00:00Z",
        "startUrl": "https://corp.example/start",
        "region": "us-east-1",
    });
    // The name is the SHA-1 of the session's.
    let file = cache.join("ee0bfd2552fbd840c02cc48b6e823320543c450f.json");
    for (content, state) in [(Some(token.to_string()), "ran out"), (None, "never was")] {
        match content {
            Some(content) => std::fs::write(&file, content).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        for (command, words) in [
            (&["poll", "--profile", "corp"][..], "aws sso login --profile corp"),
            (&["list", "--profile", "corp"], "aws sso login"),
        ] {
            let variables = [("AWS_ENDPOINT_URL_EC2", stack.sim.url())];
            let variables: Vec<(&str, &str)> =
                variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let mut amiwatch =
                stack.with_variables(Command::new(env!("CARGO_BIN_EXE_amiwatch")), &variables);
            amiwatch.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
            amiwatch.args(command);
            let refused = output(amiwatch).await;
            let text = said(&refused);
            assert_eq!(refused.status.code(), Some(2), "{text}");
            assert!(text.contains(words), "{state}: {text}");
            assert!(!text.contains("SECRET"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_page_of_the_proxy_is_not_taken_for_an_answer() {
    let stack = Stack::new().await;
    let page = "<html><body>Blocked by policy</body></html>".to_owned();
    stack.sim.world().add_fault(FaultRule::new(FaultKind::Body(page)));
    let refused = stack.list(&[("AWS_ENDPOINT_URL_EC2", &stack.sim.url())]).await;
    let text = said(&refused);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text.contains("HTTP 200 with a web page, which is no answer of EC2"), "{text}");
}
