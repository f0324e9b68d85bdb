//! A poll that could not tell says so, and the next one tells, however soon it comes.

use amiwatch_simulator::TaskStatus;

use super::{amiwatch, run, running, simulator, texts};
use crate::support::{ACCOUNT, REGION, moto};

#[tokio::test]
async fn a_loop_until_poll_succeeds_ends_when_the_ending_was_told() {
    let sim = simulator().await;
    let task = running(&sim, "ami-0123456789abcdef0");
    let home = tempfile::tempdir().unwrap();
    let name = format!("later-{}", uuid::Uuid::new_v4());
    let topic = format!("arn:aws:sns:{REGION}:{ACCOUNT}:{name}");
    let poll = || {
        let mut command = amiwatch(home.path(), Some(&sim.url()));
        command.env("AWS_ENDPOINT_URL_SNS", moto::url());
        command.args(["poll", "--kind", "store-image", "--topic", &topic]);
        run(command)
    };
    assert_eq!(texts(&poll().await).2, Some(0), "the baseline");
    sim.world().set_state(task, TaskStatus::new("Completed", 100));
    // There is no such topic yet.
    for _ in 0..2 {
        let (_, said, code) = texts(&poll().await);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("0 told, 1 left"), "{said}");
    }
    let made = moto::sns().create_topic().name(&name).send().await.unwrap();
    assert_eq!(made.topic_arn(), Some(topic.as_str()));
    let inbox = moto::Inbox::of_topic(&topic, None).await;
    let (_, said, code) = texts(&poll().await);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said, "", "the topic hears it, and cron has nothing to mail");
    assert_eq!(inbox.events().await.len(), 1);
    assert_eq!(texts(&poll().await).2, Some(0));
    assert!(inbox.events().await.is_empty(), "told once");
}
