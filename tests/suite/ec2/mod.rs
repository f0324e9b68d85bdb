//! The EC2 adapter: the real SDK client over HTTP against the simulator.

mod answers;
mod items;

use std::time::Duration;

use amiwatch::aws::clients::ATTEMPTS;
use amiwatch::aws::ec2::Ec2Tasks;
use amiwatch::ports::{Page, PageAt, TaskSource};
use amiwatch::task::Kind;
use amiwatch_simulator::{
    FaultKind, FaultRule, Settings, SimClock, Simulator, StorePlan, Throttle,
};

use crate::support::{ACCOUNT, REGION, ago, now, place, sdk};

async fn simulator() -> Simulator {
    let builder = Simulator::builder().clock(SimClock::manual(now())).throttle(Throttle::Off);
    builder.start().await.unwrap()
}

fn adapter(sim: &Simulator) -> Ec2Tasks {
    Ec2Tasks::new(&sdk(), Some(sim.url()))
}

async fn store_pages(sim: &Simulator) -> Vec<Page> {
    let source = adapter(sim);
    let mut pages =
        vec![source.list(&place(), Kind::StoreImage, PageAt::WHOLE, ATTEMPTS).await.unwrap()];
    while let Some(token) = pages.last().unwrap().next.clone() {
        pages.push(
            source.list(&place(), Kind::StoreImage, PageAt::Next(&token), ATTEMPTS).await.unwrap(),
        );
    }
    pages
}

fn add_stores(sim: &Simulator, count: i64) {
    for n in 0..count {
        let plan =
            StorePlan::new(format!("ami-{n:017x}"), "b", ago(60 + n), Duration::from_secs(1));
        sim.world().add_store_task(ACCOUNT, REGION, plan);
    }
}

#[tokio::test]
async fn all_pages_hold_every_task_once_and_newest_first() {
    let sim = simulator().await;
    add_stores(&sim, 450);
    let pages = store_pages(&sim).await;
    assert_eq!(pages.iter().map(|page| page.tasks.len()).collect::<Vec<_>>(), [200, 200, 50]);
    let starts: Vec<_> =
        pages.iter().flat_map(|page| &page.tasks).map(|task| task.started_at).collect();
    assert!(starts.is_sorted_by(|a, b| a > b));
}

#[tokio::test]
async fn an_empty_token_and_one_before_an_empty_page_end_the_listing() {
    let sim = simulator().await;
    add_stores(&sim, 3);
    let empty = FaultKind::RawText { element: "nextToken".into(), text: String::new(), item: None };
    sim.world().add_fault(FaultRule::new(empty));
    assert_eq!(store_pages(&sim).await.len(), 1);
    let mut settings = Settings::default();
    settings.trailing_token = true;
    settings.throttle = Throttle::Off;
    let builder = Simulator::builder().clock(SimClock::manual(now())).settings(settings);
    let sim = builder.start().await.unwrap();
    add_stores(&sim, 200);
    let pages = store_pages(&sim).await;
    assert_eq!(pages.iter().map(|page| page.tasks.len()).collect::<Vec<_>>(), [200, 0]);
}

#[tokio::test]
async fn every_region_is_asked_for_itself() {
    let sim = simulator().await;
    add_stores(&sim, 1);
    let elsewhere = amiwatch::place::Place::new(ACCOUNT, "eu-west-1");
    let source = adapter(&sim);
    assert_eq!(
        source.list(&place(), Kind::StoreImage, PageAt::WHOLE, ATTEMPTS).await.unwrap().tasks.len(),
        1
    );
    assert_eq!(
        source
            .list(&elsewhere, Kind::StoreImage, PageAt::WHOLE, ATTEMPTS)
            .await
            .unwrap()
            .tasks
            .len(),
        0
    );
    let regions: Vec<String> = sim.world().calls().into_iter().map(|call| call.region).collect();
    assert_eq!(regions, ["us-east-1", "eu-west-1"]);
}
