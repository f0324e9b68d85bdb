//! `amiwatch render`.

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use super::{amiwatch, run, texts};

#[tokio::test]
async fn render_shows_samples_and_an_event_from_a_file_or_standard_input() {
    let home = tempfile::tempdir().unwrap();
    let mut all = amiwatch(home.path(), None);
    all.args(["render", "--all", "--output", "json"]);
    let (out, _, code) = texts(&run(all).await);
    assert_eq!(code, Some(0));
    let gallery: Vec<Value> = serde_json::from_str(&out).unwrap();
    assert_eq!(gallery.len(), samples().len() * amiwatch::render::Channel::ALL.len());

    let event = gallery.iter().find(|shown| shown["channel"] == "event").unwrap()["text"].clone();
    let mut child = amiwatch(home.path(), None)
        .args(["render", "-", "--channel", "subject"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(event.as_str().unwrap().as_bytes()).unwrap();
    let (out, _, code) = texts(&child.wait_with_output().unwrap());
    assert_eq!(code, Some(0));
    assert!(out.contains("AMI store") || out.contains("bundle"), "{out}");
}

#[tokio::test]
async fn render_writes_a_gallery_of_the_samples_or_of_one_event_in_which_no_text_is_markup() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("a new/gallery");
    let mut all = amiwatch(home.path(), None);
    all.args(["render", "--all", "--gallery"]).arg(&folder);
    let (out, said, code) = texts(&run(all).await);
    assert_eq!((out.as_str(), code), ("", Some(0)), "{said}");
    let texts_written = samples().len() * amiwatch::render::Channel::ALL.len();
    assert!(said.contains(&format!("{texts_written} texts")), "{said}");
    assert!(said.contains("index.html"), "{said}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), texts_written + 1);
    let page = std::fs::read_to_string(folder.join("index.html")).unwrap();
    for name in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()) {
        let name = name.into_string().unwrap();
        assert!(name == "index.html" || page.contains(&format!("href=\"{name}\"")), "{name}");
    }

    let mut event: Value = serde_json::from_str(
        &std::fs::read_to_string(folder.join("store-image-failed-event.json")).unwrap(),
    )
    .unwrap();
    event["detail"]["failure"]["message"] = "</pre><script>alert(1)</script>".into();
    let file = home.path().join("event.json");
    std::fs::write(&file, event.to_string()).unwrap();
    let hostile = home.path().join("hostile");
    let mut one = amiwatch(home.path(), None);
    one.arg("render").arg(&file).args(["--all", "--gallery"]).arg(&hostile);
    let (_, said, code) = texts(&run(one).await);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(std::fs::read_dir(&hostile).unwrap().count(), 8);
    let page = std::fs::read_to_string(hostile.join("index.html")).unwrap();
    assert!(page.contains("alert(1)") && !page.contains("<script>"), "{page}");

    // A file stands where the folder should be.
    let mut blocked = amiwatch(home.path(), None);
    blocked.args(["render", "--all", "--gallery"]).arg(&file);
    let (_, said, code) = texts(&run(blocked).await);
    assert_eq!(code, Some(2));
    assert!(said.contains("event.json"), "{said}");
}

fn samples() -> Vec<Value> {
    amiwatch::render::sample::all().iter().map(|event| json!(event)).collect()
}

#[tokio::test]
async fn render_reads_what_people_have_at_hand() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("events.json");
    let render = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        let mut command = amiwatch(home.path(), None);
        command.arg("render").arg(&file).args(["--channel", "event", "-o", "json"]);
        run(command)
    };
    let all = samples();
    let one = all[0].to_string();
    let lines = all.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let envelope = json!({ "Type": "Notification", "Message": one }).to_string();
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(one.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for (bytes, count) in [
        (format!("\u{feff}{one}").into_bytes(), 1),
        (utf16, 1),
        (envelope.clone().into_bytes(), 1),
        (json!({ "Records": [{ "Sns": { "Message": one } }] }).to_string().into_bytes(), 1),
        (
            json!({ "Messages": [{ "Body": envelope }, { "Body": one }] }).to_string().into_bytes(),
            2,
        ),
        (json!({ "requestPayload": all[0], "requestContext": {} }).to_string().into_bytes(), 1),
        (lines.clone().into_bytes(), all.len()),
        (lines.replace('\n', "").into_bytes(), all.len()),
        (json!(all).to_string().into_bytes(), all.len()),
    ] {
        let (out, said, code) = texts(&render(&bytes).await);
        assert_eq!(code, Some(0), "{said}");
        let shown: Vec<Value> = serde_json::from_str(&out).unwrap();
        assert_eq!(shown.len(), count);
    }
    let (out, said, code) = texts(&render(format!("{one}\nnot an event\n{one}").as_bytes()).await);
    let shown: Vec<Value> = serde_json::from_str(&out).unwrap();
    assert_eq!((shown.len(), code), (2, Some(2)), "{said}");
    assert!(said.contains("events.json: line 2"), "{said}");
    for (bytes, words) in [
        (&b"{}"[..], "neither an event of amiwatch nor a message"),
        (b"", "no event"),
        (b"\xc3\x28", "save it as UTF-8"),
        (b"words", "no JSON"),
    ] {
        let (out, said, code) = texts(&render(bytes).await);
        assert_eq!((out.as_str(), code), ("", Some(2)), "{said}");
        assert!(said.contains("events.json") && said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn each_channel_ends_in_one_line_end_and_several_are_parted_by_an_empty_line() {
    let home = tempfile::tempdir().unwrap();
    let one = ["--kind", "bundle", "--outcome", "failed"];
    for channel in amiwatch::render::Channel::ALL {
        let mut command = amiwatch(home.path(), None);
        command.args(["render", "--channel", channel.name()]).args(one);
        let (out, _, _) = texts(&run(command).await);
        assert!(out.ends_with('\n') && !out.ends_with("\n\n"), "{channel}: {out:?}");
    }
    let mut command = amiwatch(home.path(), None);
    command.args(["render", "--channel", "subject", "--kind", "bundle"]);
    let (out, _, _) = texts(&run(command).await);
    assert!(!out.ends_with("\n\n") && !out.contains("\n\n\n"), "{out:?}");
    assert_eq!(out.matches("\n\n").count(), 6, "{out:?}");
}

#[tokio::test]
async fn a_gallery_keeps_several_events_of_one_kind_and_outcome_apart() {
    let home = tempfile::tempdir().unwrap();
    let (file, folder) = (home.path().join("events.json"), home.path().join("gallery"));
    let event = samples().remove(0);
    std::fs::write(&file, json!([event, event]).to_string()).unwrap();
    let mut command = amiwatch(home.path(), None);
    command.arg("render").arg(&file).args(["--all", "--gallery"]).arg(&folder);
    let (_, said, code) = texts(&run(command).await);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2 * 7 + 1);
}

#[tokio::test]
async fn a_sample_that_there_is_not_is_an_error_and_no_empty_output() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("gallery");
    let gallery = ["--all", "--gallery", folder.to_str().unwrap()];
    for more in [&[][..], &["-o", "json"], &gallery] {
        let mut command = amiwatch(home.path(), None);
        command.args(["render", "--kind", "bundle", "--outcome", "cancelled"]).args(more);
        let (out, said, code) = texts(&run(command).await);
        assert_eq!((out.as_str(), code), ("", Some(2)), "{more:?}: {said}");
        assert!(said.contains("no bundle task is ever cancelled"), "{said}");
    }
    assert!(!folder.exists());
}
