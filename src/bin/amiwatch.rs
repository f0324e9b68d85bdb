//! The command line: wiring only.

fn main() -> std::process::ExitCode {
    amiwatch::cli::main()
}
