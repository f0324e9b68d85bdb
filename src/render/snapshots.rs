//! What every channel says about every kind and outcome, whole.

use super::{Channel, ChatChannel, minimal, render, sample, sns, terminal};
use crate::event::Outcome;
use crate::task::Kind;

#[test]
fn every_channel_says_this_of_every_outcome() {
    for channel in Channel::ALL {
        for kind in Kind::ALL {
            let texts: Vec<String> = sample::outcomes(kind)
                .into_iter()
                .map(|outcome| {
                    format!("##### {outcome}\n{}", render(channel, &sample::event(kind, outcome)))
                })
                .collect();
            insta::assert_snapshot!(format!("{channel}-{kind}"), texts.join("\n"));
        }
    }
}

#[test]
fn the_terminal_shows_the_subject_and_the_email() {
    let event = sample::event(Kind::StoreImage, Outcome::Failed);
    insta::assert_snapshot!(terminal::notification(&event));
}

#[test]
fn the_message_has_a_text_for_each_protocol_and_attributes_to_filter_by() {
    let event = sample::event(Kind::StoreImage, Outcome::Failed);
    let parsed = |message: &str| serde_json::from_str::<serde_json::Value>(message).expect("JSON");
    let whole = sns(&event, ChatChannel::Absent);
    let texts = parsed(&whole.message);
    assert_eq!(texts["default"], texts["https"]);
    assert_eq!(parsed(texts["default"].as_str().expect("text")), serde_json::json!(event));
    insta::assert_debug_snapshot!(whole.attributes);
    let chat = parsed(&sns(&event, ChatChannel::Present).message);
    assert_eq!(parsed(chat["https"].as_str().expect("text"))["source"], "custom");
}

#[test]
fn the_message_of_last_resort_says_where_the_reason_is() {
    let event = sample::event(Kind::Bundle, Outcome::Failed);
    let message = minimal(&event);
    let texts: serde_json::Value = serde_json::from_str(&message.message).expect("JSON");
    insta::assert_snapshot!(texts["default"].as_str().expect("text"));
}

#[test]
fn a_channel_reads_back_its_name() {
    for channel in Channel::ALL {
        assert_eq!(channel.name().parse(), Ok(channel));
    }
    assert!("fax".parse::<Channel>().is_err());
}

#[test]
fn the_chats_say_this_of_an_alarm() {
    let alarm = super::alarm::Alarm {
        alarm_name: "amiwatch-<!channel>-Untold".into(),
        alarm_description: Some("An ending has waited for ten minutes.".into()),
        new_state_value: "ALARM".into(),
        new_state_reason: Some("Threshold Crossed: 1 datapoint [<https://evil.example|x>]".into()),
        state_change_time: Some("2026-11-22T00:40:10.456+0000".into()),
        alarm_arn: Some("arn:aws:cloudwatch:us-east-1:123456789012:alarm:amiwatch".into()),
        account: Some("123456789012".into()),
    };
    let texts = [super::slack::alarm(&alarm), super::teams::alarm(&alarm)];
    assert!(texts.iter().all(|text| !text.to_string().contains("<!channel>")));
    insta::assert_json_snapshot!(texts);
    let words = ["OK", "ALARM", "INSUFFICIENT_DATA"].map(|state| {
        let alarm = super::alarm::Alarm { new_state_value: state.into(), ..alarm.clone() };
        alarm.story().subject
    });
    insta::assert_debug_snapshot!(words);
}
