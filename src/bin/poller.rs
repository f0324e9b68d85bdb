//! The Lambda function that polls: wiring only.

fn main() -> std::process::ExitCode {
    amiwatch::functions::main(amiwatch::functions::poller::run)
}
