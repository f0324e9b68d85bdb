//! What is listed is chosen, and where a listing goes on.

use serde_json::Value;

use super::super::{amiwatch, run, running, simulator, texts};
use super::{listed, names, some_of_each};
use crate::support::REGION;

#[tokio::test]
async fn a_region_or_kind_that_is_named_twice_is_listed_once() {
    let sim = simulator().await;
    running(&sim, "ami-0123456789abcdef0");
    let home = tempfile::tempdir().unwrap();
    let mut command = amiwatch(home.path(), Some(&sim.url()));
    let twice = ["-r", REGION, "-r", REGION, "--kind", "store-image", "--kind", "store-image"];
    command.args(["list", "-o", "json"]).args(twice);
    let (out, _, code) = texts(&run(command).await);
    let rows: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((rows.as_array().unwrap().len(), code), (1, Some(0)));
}

#[tokio::test]
async fn what_is_listed_is_chosen_by_state_bucket_age_ids_and_filters() {
    let sim = some_of_each().await;
    let (runs, failed, done) =
        ("ami-0123456789abcdef0", "ami-0123456789abcdef1", "ami-0123456789abcdef2");
    for (arguments, expected) in [
        (vec!["--running", "--kind", "all"], vec![runs, "import-snap-1"]),
        (vec!["--failed"], vec![failed]),
        (vec!["--bucket", "my-bucket"], vec![runs, done]),
        (vec!["--since", "2d"], vec![runs, done, "bun-c1a540a8"]),
        (vec!["--since", "30m", "--kind", "store-image"], vec![runs]),
        (vec!["--image-ids", failed, done], vec![done, failed]),
        (vec!["--image-ids", failed, "--image-ids", done], vec![done, failed]),
        (vec!["--bundle-ids", "bun-c1a540a8"], vec!["bun-c1a540a8"]),
        (vec!["--import-task-ids", "import-snap-1"], vec!["import-snap-1"]),
        (
            vec!["--kind", "store-image", "--filters", "Name=task-state,Values=Completed,Failed"],
            vec![done, failed],
        ),
        (
            vec![
                "--kind",
                "store-image",
                "--filters",
                "Name=task-state,Values=Completed,Failed",
                "Name=bucket,Values=other",
            ],
            vec![failed],
        ),
    ] {
        assert_eq!(names(&sim, &arguments).await, expected, "{arguments:?}");
    }
}

#[tokio::test]
async fn a_listing_goes_on_where_it_was_left() {
    let sim = simulator().await;
    for number in 0..5 {
        running(&sim, &format!("ami-{number:017x}"));
    }
    let arguments = ["--kind", "store-image", "--max-items", "2", "-o", "json"];
    let (mut all, mut more) = (Vec::new(), Vec::new());
    for expected in [2, 2, 1] {
        let token: Vec<&str> =
            more.iter().flat_map(|it: &String| ["--starting-token", it]).collect();
        let (out, said, code) = listed(&sim, &[&arguments[..], &token[..]].concat()).await;
        assert_eq!(code, Some(0), "{said}");
        let rows: Vec<Value> = serde_json::from_str(&out).unwrap();
        assert_eq!(rows.len(), expected);
        all.extend(rows.iter().map(|row| row["imageId"].to_string()));
        more = said
            .lines()
            .filter_map(|it| it.strip_prefix("there is more: --starting-token "))
            .map(str::to_owned)
            .collect();
    }
    all.sort();
    all.dedup();
    assert_eq!((all.len(), more.len()), (5, 0));
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_before_any_call() {
    let sim = simulator().await;
    let ami = "ami-0123456789abcdef0";
    let many: Vec<String> = (0..21).map(|n| format!("ami-{n:017x}")).collect();
    let many: Vec<&str> =
        std::iter::once("--image-ids").chain(many.iter().map(String::as_str)).collect();
    for (arguments, words) in [
        (vec!["--running", "--failed"], "cannot be used with"),
        (vec!["--image-ids", "bun-1"], "begins with ami-"),
        (vec!["--import-task-ids", "import-1"], "import-snap- or import-ami-"),
        (vec!["--image-ids", ami, "--kind", "bundle"], "leave --kind out"),
        (vec!["--image-ids", ami, "--max-items", "5"], "leave --max-items"),
        (vec!["--image-ids", ami, "--starting-token", "x"], "--starting-token"),
        (vec!["--image-ids", ami, "--filters", "Name=bucket,Values=b"], "ignores filters"),
        (many, "20 ids at most"),
        (vec!["--max-items", "5"], "name its kind with --kind"),
        (vec!["--max-items", "0"], "from 1"),
        (vec!["--kind", "bundle", "--starting-token", "x"], "in one page"),
        (
            vec!["--kind", "store-image", "--max-items", "5", "-r", "us-east-1", "-r", "eu-west-1"],
            "name one Region",
        ),
        (vec!["--filters", "task-state=Failed"], "Name=task-state,Values=Completed,Failed"),
        (
            vec!["--filters", "Name=task-state,Values=Failed"],
            "the listing of bundle tasks filters by bundle-id",
        ),
        (
            vec!["--since", "2d", "--kind", "all"],
            "EC2 gives no start times of import-snapshot, import-image",
        ),
        (vec!["--since", "soon"], "2d"),
        (vec!["--all-regions", "-r", "us-east-1"], "cannot be used with"),
        (vec!["--dry-run", "--kind", "export-instance"], "no dry run"),
    ] {
        let (out, said, code) = listed(&sim, &arguments).await;
        assert_eq!((out.as_str(), code), ("", Some(2)), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    assert!(sim.world().calls().is_empty());
}
