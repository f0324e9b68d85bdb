//! Completions, man pages and colours.

use super::{amiwatch, run, running, simulator, texts};

#[tokio::test]
async fn every_shell_gets_a_completion_script_and_every_command_a_man_page() {
    let home = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let mut command = amiwatch(home.path(), None);
        command.args(["completions", shell]);
        let (out, said, code) = texts(&run(command).await);
        assert_eq!(code, Some(0), "{said}");
        assert!(out.contains("amiwatch") && out.contains("fail-fast"), "{shell}: {out}");
    }
    let folder = home.path().join("man1");
    // Other programs have their pages there.
    std::fs::create_dir_all(folder.join("amiwatch.1.d")).unwrap();
    let foreign = ["other.1", "amiwatchful.1", "amiwatch-list.1.gz", "amiwatch.7"];
    for name in foreign {
        std::fs::write(folder.join(name), b".SH EXTRA\nExamples:\n\xff").unwrap();
    }
    let mut command = amiwatch(home.path(), None);
    command.arg("man").arg(&folder);
    let (_, said, code) = texts(&run(command).await);
    assert_eq!(code, Some(0), "{said}");
    let page = std::fs::read_to_string(folder.join("amiwatch-wait.1")).unwrap();
    assert!(page.contains("fail\\-fast"), "{page}");
    let (_, examples) = page.split_once(".SH EXAMPLES\n.nf\n").unwrap();
    assert!(
        examples.trim_start().starts_with("amiwatch wait") && examples.contains("\n.fi\n"),
        "{page}"
    );
    assert!(!page.contains(".SH EXTRA"), "{page}");
    for name in foreign {
        let kept = std::fs::read(folder.join(name)).unwrap();
        assert_eq!(kept, b".SH EXTRA\nExamples:\n\xff", "{name}");
    }
}

#[tokio::test]
async fn colours_are_shown_only_where_they_are_wanted() {
    let sim = simulator().await;
    let task = running(&sim, "ami-0123456789abcdef0");
    sim.world().set_state(task, amiwatch_simulator::TaskStatus::new("Failed", 5));
    let home = tempfile::tempdir().unwrap();
    for (option, no_color, is_colored) in [
        (None, None, false),
        (Some("--color=always"), None, true),
        (Some("--color=never"), None, false),
        (None, Some("1"), false),
    ] {
        let mut command = amiwatch(home.path(), Some(&sim.url()));
        command.args(["wait", "ami-0123456789abcdef0"]).args(option);
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        let (out, said, code) = texts(&run(command).await);
        assert_eq!(code, Some(1), "{said}");
        assert_eq!(out.contains('\u{1b}'), is_colored, "{option:?}: {out:?}");
    }
}

#[tokio::test]
async fn the_short_help_of_each_command_fits_a_screen_and_shows_an_example() {
    let home = tempfile::tempdir().unwrap();
    for name in [
        "list",
        "poll",
        "wait",
        "watch",
        "history",
        "explain",
        "doctor",
        "render",
        "sim",
        "demo",
        "completions",
        "man",
    ] {
        let mut command = amiwatch(home.path(), None);
        command.args([name, "-h"]);
        let (out, _, code) = texts(&run(command).await);
        assert_eq!(code, Some(0));
        assert!(
            out.contains("Example") && out.contains(&format!("  amiwatch {name}")),
            "{name}: {out}"
        );
        assert!(out.lines().count() <= 55, "{name}: {} lines", out.lines().count());
    }
}
