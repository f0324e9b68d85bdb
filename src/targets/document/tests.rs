use proptest::prelude::*;

use super::*;
use crate::task::Kind;

const OWN: &str = "111122223333";
const OTHER: &str = "444455556666";

fn defaults() -> Defaults {
    Defaults {
        regions: Regions::Listed(vec!["us-east-1".into()]),
        kinds: [Kind::StoreImage, Kind::Bundle].into(),
        role: Some(Role { name: "amiwatch-member".into(), external_id: Some("hub".into()) }),
        home_region: "us-east-1".into(),
        own_account: Some(OWN.into()),
    }
}

fn read(texts: &[&str]) -> Result<Vec<Wish>, Vec<String>> {
    let named = |(n, text): (usize, &&str)| (format!("/targets/{n}"), (*text).to_owned());
    let texts: Vec<(String, String)> = texts.iter().enumerate().map(named).collect();
    parse(&texts, &defaults())
}

fn listed(regions: &[&str]) -> Regions {
    Regions::Listed(regions.iter().map(|region| (*region).to_owned()).collect())
}

fn role(name: &str, external_id: &str) -> Role {
    Role { name: name.to_owned(), external_id: Some(external_id.to_owned()) }
}

#[test]
fn what_a_target_leaves_out_is_as_the_settings_say() {
    let wishes = read(&[r#"{"targets": [{"accounts": ["444455556666", "111122223333"]}]}"#]);
    let wish = |account: &str, role| Wish {
        account: account.into(),
        regions: defaults().regions,
        kinds: defaults().kinds,
        role,
    };
    assert_eq!(wishes, Ok(vec![wish(OWN, None), wish(OTHER, defaults().role)]));
}

#[test]
fn every_field_of_a_target_is_read_and_several_documents_are_joined() {
    let wishes = read(&[
        r#"{"targets": [{"accounts": ["444455556666"], "regions": ["us-east-1", "eu-west-1"],
            "kinds": ["import-image"], "roleName": "watcher", "externalId": "x1"}]}"#,
        r#"{"targets": [{"accounts": ["777788889999"], "regions": "all", "kinds": ["all"],
            "externalId": "x2"}]}"#,
    ]);
    let expected = vec![
        Wish {
            account: OTHER.into(),
            regions: listed(&["eu-west-1", "us-east-1"]),
            kinds: [Kind::ImportImage].into(),
            role: Some(role("watcher", "x1")),
        },
        Wish {
            account: "777788889999".into(),
            regions: Regions::All,
            kinds: Kind::ALL.into(),
            role: Some(role("amiwatch-member", "x2")),
        },
    ];
    assert_eq!(wishes, Ok(expected));
}

#[test]
fn every_fault_of_every_document_is_named_at_once_with_its_place() {
    let faults = read(&[
        "{",
        "[]",
        "{}",
        r#"{"targets": []}"#,
        r#"{"targets": [
            {"accounts": ["12", 7], "regions": ["mars", "us-gov-west-1"], "kinds": ["ami"]},
            {"accounts": [], "regions": [], "kinds": [], "roleName": "a/b", "externalId": "x"},
            {"regions": "us-east-1", "account": "444455556666"},
            {"accounts": ["444455556666"], "accounts": ["444455556666"]},
            5
        ]}"#,
    ])
    .unwrap_err();
    let expected = [
        ("/targets/0: the document ", "is not the JSON"),
        ("/targets/1: the document ", "is a list"),
        ("/targets/2: the document ", "has no \"targets\""),
        ("/targets/3: targets ", "empty list"),
        ("/targets/4: targets[0].accounts[0] ", "12 digits"),
        ("/targets/4: targets[0].accounts[1] ", "is a number"),
        ("/targets/4: targets[0].regions[0] ", "such as us-east-1"),
        ("/targets/4: targets[0].regions ", "partition aws-us-gov"),
        ("/targets/4: targets[0].kinds[0] ", "store-image"),
        ("/targets/4: targets[1].accounts ", "empty list"),
        ("/targets/4: targets[1].regions ", "empty list"),
        ("/targets/4: targets[1].kinds ", "empty list"),
        ("/targets/4: targets[1].roleName ", "without path"),
        ("/targets/4: targets[1].externalId ", "2 to 1224"),
        ("/targets/4: targets[2] ", "unknown field \"account\""),
        ("/targets/4: targets[2] ", "has no \"accounts\""),
        ("/targets/4: targets[2].regions ", "or \"all\""),
        ("/targets/4: targets[3] ", "has \"accounts\" twice"),
        ("/targets/4: targets[4] ", "is a number"),
    ];
    assert_eq!(faults.len(), expected.len(), "{faults:#?}");
    for (fault, (place, words)) in faults.iter().zip(expected) {
        assert!(fault.starts_with(place) && fault.contains(words), "{place}{words}: {fault}");
    }
}

#[test]
fn an_account_that_two_targets_give_different_roles_is_a_fault() {
    let faults = read(&[
        r#"{"targets": [{"accounts": ["444455556666"], "roleName": "a"}]}"#,
        r#"{"targets": [{"accounts": ["444455556666"], "roleName": "b"}]}"#,
    ])
    .unwrap_err();
    let [fault] = &faults[..] else { panic!("{faults:?}") };
    for words in ["/targets/1: targets[0] ", OTHER, "targets[0] of /targets/0"] {
        assert!(fault.contains(words), "{fault}");
    }
    let same = r#"{"targets": [{"accounts": ["444455556666", "444455556666"]}]}"#;
    assert_eq!(read(&[same, same]).map(|wishes| wishes.len()), Ok(1));
}

#[test]
fn another_account_without_any_role_is_a_fault() {
    let texts = [("file".to_owned(), format!(r#"{{"targets": [{{"accounts": ["{OTHER}"]}}]}}"#))];
    let faults = parse(&texts, &Defaults { role: None, ..defaults() }).unwrap_err();
    assert!(faults[0].contains("roleName") && faults[0].contains(OTHER), "{faults:?}");
}

#[test]
fn a_fault_is_short_and_on_one_line_whatever_the_document_holds() {
    let account = format!("\\n\\u001b[2J{}", "9".repeat(10_000));
    let faults = read(&[&format!(r#"{{"targets": [{{"accounts": ["{account}"]}}]}}"#)]);
    let faults = faults.unwrap_err();
    assert!(faults[0].chars().count() < 500, "{faults:?}");
    assert!(!faults[0].contains(['\n', '\u{1b}']), "{faults:?}");
}

/// What documents are made of, in any order.
const PIECES: [&str; 24] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    "null",
    "true",
    "-1.5e9",
    "targets",
    "accounts",
    "regions",
    "kinds",
    "roleName",
    "externalId",
    "all",
    "111122223333",
    "444455556666",
    "us-east-1",
    "bundle",
    " ",
    "\u{0}\u{fffe}é🙂",
];

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(
        any_text in any::<String>(),
        pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..60),
    ) {
        let (glued, quoted) = (pieces.concat(), format!("\"{}\"", pieces.join("\",\"")));
        for text in [
            any_text.clone(),
            glued.clone(),
            quoted.clone(),
            format!("{{\"targets\": [{glued}]}}"),
            format!("{{\"targets\": [{{\"accounts\": [{quoted}], \"regions\": [{quoted}]}}]}}"),
            format!("{{\"targets\": [{{{glued}}}]}}"),
        ] {
            match read(&[&text]) {
                Ok(wishes) => prop_assert!(!wishes.is_empty()),
                Err(faults) => prop_assert!(!faults.is_empty()),
            }
        }
    }
}
