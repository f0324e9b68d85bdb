use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::{FaultKind, FaultRule, ServeOptions, SimError, Simulator, serve};

async fn send(addr: SocketAddr, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={ACCOUNT}/20261122/{REGION}/ec2/aws4_request, Signature=0"
    );
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n\
         Authorization: {authorization}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A cut connection may end in an error; what came before it is the answer.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

async fn simulator() -> Simulator {
    let clock = SimClock::manual("2026-11-22T00:00:00Z".parse().unwrap());
    Simulator::builder().clock(clock).start().await.unwrap()
}

const LIST: &str = "Version=2016-11-15&Action=DescribeStoreImageTasks";

#[tokio::test]
async fn it_serves_get_and_post_and_is_steered_over_http() {
    let sim = simulator().await;
    let addr = sim.addr();
    assert_eq!(sim.url(), format!("http://{addr}"));
    let task = r#"{"store_tasks": [{"image_id": "ami-00000001", "bucket": "b"}]}"#;
    assert!(send(addr, "POST", "/_sim/tasks", task).await.contains(r#""store_tasks":[1]"#));
    let moved = send(addr, "POST", "/_sim/advance", r#"{"by": "5m"}"#).await;
    assert!(moved.contains("2026-11-22T00:05:00Z"));
    for answer in
        [send(addr, "POST", "/", LIST).await, send(addr, "GET", &format!("/?{LIST}"), "").await]
    {
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("<progressPercentage>50</progressPercentage>"));
    }
    let calls = send(addr, "GET", "/_sim/calls", "").await;
    assert_eq!(calls.matches("\"DescribeStoreImageTasks\"").count(), 2);
    send(addr, "PUT", "/_sim/tasks/1", r#"{"state": "Odd"}"#).await;
    assert!(send(addr, "POST", "/", LIST).await.contains("<storeTaskState>Odd<"));
    send(addr, "DELETE", "/_sim/tasks/1", "").await;
    assert!(!send(addr, "POST", "/", LIST).await.contains("<item>"));
}

#[tokio::test]
async fn imports_and_exports_are_steered_over_http_as_well() {
    let sim = simulator().await;
    let addr = sim.addr();
    let tasks = r#"{
        "import_snapshot_tasks": [{"task_id": "import-snap-1z", "disk": {"url": "s3://b/d"}}],
        "export_instance_tasks": [
            {"task_id": "export-i-1z", "instance_id": "i-00000001", "target": {"bucket": "b"}}
        ]
    }"#;
    let added = send(addr, "POST", "/_sim/tasks", tasks).await;
    assert!(added.contains(r#""import_snapshot_tasks":[1]"#), "{added}");
    assert!(added.contains(r#""export_instance_tasks":[2]"#), "{added}");
    let list = "Version=2016-11-15&Action=DescribeImportSnapshotTasks";
    let state = r#"{"state": "deleted", "message": "why"}"#;
    assert!(send(addr, "PUT", "/_sim/tasks/1", state).await.starts_with("HTTP/1.1 200"));
    assert!(send(addr, "POST", "/", list).await.contains("<statusMessage>why</statusMessage>"));
    send(addr, "POST", "/_sim/advance", r#"{"by": "8d"}"#).await;
    assert!(!send(addr, "POST", "/", list).await.contains("<item>"), "7 days after its end");
    let fault = r#"{"kind": "missing-fields", "fields": ["snapshotTaskDetail"], "next": 1}"#;
    send(addr, "POST", "/_sim/faults", fault).await;
    send(addr, "DELETE", "/_sim/tasks/1/state", "").await;
    let again =
        r#"{"import_snapshot_tasks": [{"task_id": "import-snap-2z", "disk": {"url": "u"}}]}"#;
    send(addr, "POST", "/_sim/tasks", again).await;
    assert!(!send(addr, "POST", "/", list).await.contains("snapshotTaskDetail"));
    assert!(send(addr, "POST", "/", list).await.contains("<status>active</status>"));
}

#[tokio::test]
async fn a_refusal_of_the_admin_surface_names_the_field_and_the_way_out() {
    let sim = simulator().await;
    let refused = send(sim.addr(), "POST", "/_sim/faults", r#"{"kind": "slow"}"#).await;
    assert!(refused.starts_with("HTTP/1.1 400") && refused.contains(r#""field":"by""#));
    let refused = send(sim.addr(), "POST", "/_sim/advance", r#"{"by": "soon"}"#).await;
    assert!(refused.starts_with("HTTP/1.1 400") && refused.contains("90s"), "{refused}");
    let refused = send(sim.addr(), "PUT", "/_sim/tasks/9", r#"{"state": "x"}"#).await;
    assert!(refused.starts_with("HTTP/1.1 404") && refused.contains("no task 9"));
    for (method, path, body, status, named) in [
        ("POST", "/_sim/fault", "{}", 404, "/_sim/fault"),
        ("PUT", "/_sim/clock", "{}", 405, "PUT"),
        ("PUT", "/anything", LIST, 404, "/anything"),
        ("PUT", "/", LIST, 405, "PUT"),
        ("DELETE", "/_sim/faults/7", "", 404, "no fault 7"),
        ("DELETE", "/_sim/tasks/7/state", "", 404, "no task 7"),
        ("PUT", "/_sim/tasks/1", r#"{"state": "x", "progress": 101}"#, 400, "101"),
        ("PUT", "/_sim/tasks/1", r#"{"state": "x", "message": "\u0001"}"#, 400, "raw-text"),
    ] {
        let refused = send(sim.addr(), method, path, body).await;
        assert!(refused.starts_with(&format!("HTTP/1.1 {status}")), "{method} {path}: {refused}");
        let (_, json) = refused.split_once("\r\n\r\n").unwrap();
        let error: serde_json::Value = serde_json::from_str(json).unwrap();
        assert!(error["error"]["message"].as_str().unwrap().contains(named), "{error}");
    }
    assert!(sim.world().calls().is_empty(), "none of it was a call of EC2's");
}

#[tokio::test]
async fn faults_and_states_end_one_by_one_and_hostile_words_arrive_as_they_are() {
    let sim = simulator().await;
    let addr = sim.addr();
    let task = r#"{"store_tasks": [{"image_id": "ami-00000001", "bucket": "b"}]}"#;
    send(addr, "POST", "/_sim/tasks", task).await;
    let words = r#"{"state": "Failed", "message": "<b>\u007f\u009f & \ud83d\ude00"}"#;
    assert!(send(addr, "PUT", "/_sim/tasks/1", words).await.starts_with("HTTP/1.1 200"));
    let answer = send(addr, "POST", "/", LIST).await;
    assert!(answer.contains("&lt;b&gt;\u{7f}\u{9f} &amp; \u{1f600}"), "{answer}");
    send(addr, "DELETE", "/_sim/tasks/1/state", "").await;
    assert!(send(addr, "POST", "/", LIST).await.contains("InProgress"));
    send(addr, "POST", "/_sim/faults", r#"{"kind": "denied"}"#).await;
    send(addr, "POST", "/_sim/faults", r#"{"kind": "slow", "by": "1ms"}"#).await;
    assert!(send(addr, "POST", "/", LIST).await.starts_with("HTTP/1.1 403"));
    send(addr, "DELETE", "/_sim/faults/1", "").await;
    assert!(send(addr, "POST", "/", LIST).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn the_throttle_of_the_command_line_wins_over_the_scenarios() {
    let strict = "throttle: {DescribeStoreImageTasks: {capacity: 1, per_second: 0}}";
    for (scenario, throttle, refused) in [
        (strict, None, true),
        (strict, Some(false), false),
        (strict, Some(true), false),
        ("throttle: off", None, false),
        ("throttle: off", Some(true), false),
    ] {
        let scenario = Some(("s.yaml".to_owned(), scenario.to_owned()));
        let sim =
            serve(ServeOptions { scenario, throttle, ..ServeOptions::default() }).await.unwrap();
        let mut answers = Vec::new();
        for _ in 0..51 {
            answers.push(send(sim.addr(), "POST", "/", LIST).await.starts_with("HTTP/1.1 503"));
        }
        assert_eq!(answers[1], refused, "{throttle:?}");
        assert_eq!(answers[50], throttle == Some(true) || refused, "{throttle:?}");
    }
}

#[tokio::test]
async fn a_cut_answer_announces_more_than_it_sends() {
    let sim = simulator().await;
    sim.world().add_fault(FaultRule::new(FaultKind::Cut).times(1));
    let answer = send(sim.addr(), "POST", "/", LIST).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let announced = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert!(body.len() < announced.parse().unwrap());
    assert!(send(sim.addr(), "POST", "/", LIST).await.ends_with("Response>"));
}

#[tokio::test]
async fn it_starts_from_a_scenario_and_stops_when_told_to() {
    let text = "throttle: off\nplaces: [{generate: [{count: 300, bucket: old}]}]";
    let scenario = Some(("s.yaml".to_owned(), text.to_owned()));
    let options = ServeOptions { scenario, speed: Some(60.0), ..ServeOptions::default() };
    let sim = serve(options).await.unwrap();
    let addr = sim.addr();
    assert!(send(addr, "POST", "/", LIST).await.contains("<nextToken>"));
    sim.wait_until_shutdown(std::future::ready(())).await;
    assert!(TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn what_it_cannot_use_it_refuses_by_name() {
    let scenario = Some(("s.yaml".to_owned(), "x: 1".to_owned()));
    let error = serve(ServeOptions { scenario, ..ServeOptions::default() }).await.unwrap_err();
    assert!(error.to_string().starts_with("s.yaml: "), "{error}");
    let error = serve(ServeOptions { speed: Some(0.0), ..ServeOptions::default() }).await;
    assert!(matches!(error, Err(SimError::Speed { .. })));
    let sim = simulator().await;
    let error = serve(ServeOptions { listen: sim.addr(), ..ServeOptions::default() }).await;
    assert!(error.unwrap_err().to_string().contains(&sim.addr().to_string()));
}
