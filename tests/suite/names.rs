//! What AMIs are called: the adapter over HTTP, the function and the command line.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use amiwatch::aws::ec2::Ec2Tasks;
use amiwatch::ports::{ImageNames, NamesError};
use amiwatch_simulator::{FaultKind, FaultRule, Simulator, TaskStatus, Throttle};
use serde_json::{Value, json};

use crate::command_line::{amiwatch, run, running, texts};
use crate::function::Stack;
use crate::support::{ACCOUNT, REGION, place, sdk_of_the_function};

const AMI: &str = "ami-0123456789abcdef0";
const NAME: &str = "web-golden-2026-11";

async fn simulator() -> Simulator {
    Simulator::builder().throttle(Throttle::Off).start().await.unwrap()
}

async fn names(
    sim: &Simulator,
    images: impl IntoIterator<Item = String>,
) -> Result<BTreeMap<String, String>, NamesError> {
    let adapter = Ec2Tasks::new(&sdk_of_the_function(), Some(sim.url()));
    let images: BTreeSet<String> = images.into_iter().collect();
    adapter.names(&place(), &images).await
}

/// How often EC2 was asked for names.
fn asked(sim: &Simulator) -> usize {
    sim.world().calls().iter().filter(|call| call.action == "DescribeImages").count()
}

#[tokio::test]
async fn names_come_in_one_call_and_an_image_that_is_gone_spoils_no_other() {
    let sim = simulator().await;
    sim.world().set_images(ACCOUNT, REGION, [AMI]);
    sim.world().name_image(ACCOUNT, REGION, AMI, NAME);
    let gone = (0..300).map(|n| format!("ami-{n:017x}"));
    let found = names(&sim, gone.take(150).chain([AMI.to_owned()])).await.unwrap();
    assert_eq!(found, BTreeMap::from([(AMI.to_owned(), NAME.to_owned())]));
    let calls = sim.world().calls();
    let [call] = calls.as_slice() else { panic!("{} calls", calls.len()) };
    let has = |name: &str, value: &str| call.parameters.contains(&(name.into(), value.into()));
    assert!(has("Filter.1.Name", "image-id"), "{call:?}");
    // Or an AMI that its owner has deprecated or disabled would have no name for others.
    assert!(has("IncludeDeprecated", "true") && has("IncludeDisabled", "true"), "{call:?}");
}

#[tokio::test]
async fn more_images_than_ec2_takes_in_a_call_are_not_asked_for() {
    let sim = simulator().await;
    let found = names(&sim, (0..300).map(|n| format!("ami-{n:017x}"))).await.unwrap();
    assert_eq!((found.len(), asked(&sim)), (200, 1));
}

#[tokio::test]
async fn names_that_ec2_does_not_give_at_once_are_given_up() {
    for (fault, words) in [
        (FaultKind::Denied, "UnauthorizedOperation"),
        (FaultKind::Throttle, "RequestLimitExceeded"),
        (FaultKind::InternalError, "InternalError"),
        (FaultKind::Slow(Duration::from_secs(3_600)), "time"),
    ] {
        let sim = simulator().await;
        sim.world().add_fault(FaultRule::new(fault.clone()));
        let error = names(&sim, [AMI.to_owned()]).await.unwrap_err().to_string();
        let begin = "the names of AMIs in us-east-1 (1 asked for) could not be learned: ";
        assert!(error.starts_with(begin) && error.contains(words), "{fault:?}: {error}");
        // The call that does not answer is recorded when it ends.
        assert!(asked(&sim) <= 1, "{fault:?} was tried again");
    }
}

#[tokio::test]
async fn an_image_without_a_name_and_a_name_that_is_no_text_are_left_out() {
    let fields = vec!["name".to_owned()];
    let missing = FaultKind::MissingFields { fields, item: None };
    let blank = FaultKind::RawText { element: "name".into(), text: " ".into(), item: None };
    for fault in [missing, blank] {
        let sim = simulator().await;
        sim.world().add_fault(FaultRule::new(fault));
        assert_eq!(names(&sim, [AMI.to_owned()]).await.unwrap(), BTreeMap::new());
    }
}

/// The ending of a store, as the function tells it.
async fn told(switch: &str, prepare: impl Fn(&Simulator)) -> (Value, String, usize) {
    let stack = Stack::with(&[("AMIWATCH_IMAGE_NAMES", switch)]).await;
    stack.sim.world().name_image(ACCOUNT, REGION, AMI, NAME);
    let task = stack.running(AMI, "my-bucket", 600);
    let mut function = stack.function().await;
    function.invoke(&json!({})).await.unwrap();
    assert_eq!(asked(&stack.sim), 0, "there is nothing to tell");
    stack.completes(task);
    prepare(&stack.sim);
    let summary = function.invoke(&json!({})).await.unwrap();
    assert_eq!((&summary["published"], &summary["left"]), (&json!(1), &json!(0)));
    let messages = stack.inbox.envelopes().await;
    let [message] = messages.as_slice() else { panic!("{} messages", messages.len()) };
    let event = serde_json::from_str(message["Message"].as_str().unwrap()).unwrap();
    let subject = message["Subject"].as_str().unwrap().to_owned();
    (event, subject, asked(&stack.sim))
}

#[tokio::test]
async fn the_function_calls_an_ami_by_its_name() {
    let (event, subject, calls) = told("true", |_| {}).await;
    assert_eq!(event["detail"]["imageName"], NAME);
    let expected = format!("Completed: AMI store {NAME} ({AMI}) to my-bucket (us-east-1)");
    assert_eq!((subject, calls), (expected, 1));
}

#[tokio::test]
async fn where_it_may_not_or_need_not_know_names_the_function_tells_the_same_without() {
    let without = format!("Completed: AMI store {AMI} to my-bucket (us-east-1)");
    for (switch, calls) in [("true", 1), ("false", 0)] {
        let denied = FaultRule::new(FaultKind::Denied).on("DescribeImages");
        let (event, subject, made) = told(switch, |sim| {
            sim.world().add_fault(denied.clone());
        })
        .await;
        assert_eq!((&event["detail"]["imageName"], subject), (&Value::Null, without.clone()));
        assert_eq!(made, calls, "{switch}");
    }
}

#[tokio::test]
async fn the_command_line_calls_an_ami_by_its_name_unless_it_must_not_ask() {
    for (option, name) in [(None, json!(NAME)), (Some("--no-image-names"), Value::Null)] {
        let sim = simulator().await;
        sim.world().name_image(ACCOUNT, REGION, AMI, NAME);
        let task = running(&sim, AMI);
        let home = tempfile::tempdir().unwrap();
        let poll = || {
            let mut command = amiwatch(home.path(), Some(&sim.url()));
            command.args(["poll", "--kind", "store-image", "--output", "json"]).args(option);
            run(command)
        };
        poll().await;
        sim.world().set_state(task, TaskStatus::new("Completed", 100));
        let (out, said, code) = texts(&poll().await);
        assert_eq!(code, Some(0), "{said}");
        let event: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(event["detail"]["imageName"], name);
        assert_eq!(asked(&sim), usize::from(option.is_none()));
    }
}
