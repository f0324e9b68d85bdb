# What bench/run, bench/floor and bench/profile have in common; sourced by them.
#   AMIWATCH_POLLER  the release build of the function; built where it is not set
#   AMIWATCH_POLLER_VERSION  what to call it in the report; its hash where it is not set
#   AMIWATCH_BIN     the command line, for its simulator; built (debug) where it is not set
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
    echo "bench: $*" >&2
    exit 2
}

source tests/support/venv.sh

target_folder() {
    cargo metadata --format-version 1 --no-deps --locked |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])'
}

need_poller() {
    [[ -n "${AMIWATCH_POLLER-}" ]] && return
    command -v cargo >/dev/null || fail "cargo is missing: install Rust, or set AMIWATCH_POLLER"
    cargo build --release --no-default-features --features webhook --bin poller --locked
    AMIWATCH_POLLER="$(target_folder)/release/poller"
    AMIWATCH_POLLER_VERSION=$(git describe --always --dirty --exclude='*' 2>/dev/null || true)
    export AMIWATCH_POLLER AMIWATCH_POLLER_VERSION
}

need_simulator() {
    [[ -n "${AMIWATCH_BIN-}" ]] && return
    command -v cargo >/dev/null || fail "cargo is missing: install Rust, or set AMIWATCH_BIN"
    cargo build --bin amiwatch --locked
    AMIWATCH_BIN="$(target_folder)/debug/amiwatch"
    export AMIWATCH_BIN
}

# Nothing here may reach a real account.
export AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing AWS_EC2_METADATA_DISABLED=true
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_DEFAULT_REGION=us-east-1
unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN

python=$(venv venv tests/requirements.txt)/bin/python
