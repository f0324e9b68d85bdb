//! The Lambda function that posts to a webhook: wiring only.

fn main() -> std::process::ExitCode {
    amiwatch::functions::main(amiwatch::functions::webhook::run)
}
