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

command -v python3 >/dev/null || fail "python3 is missing: install Python 3.10 or later"

cache="${XDG_CACHE_HOME:-$HOME/.cache}/amiwatch"
mkdir -p "$cache"

# The environment of tests/run, by the same name, so that it is installed once for both.
venv() {
    local requirements=tests/requirements.txt hash folder
    hash=$(python3 - "$requirements" <<'PYTHON'
import hashlib, pathlib, sys
print(hashlib.sha256(sys.version.encode() + pathlib.Path(sys.argv[1]).read_bytes()).hexdigest()[:16])
PYTHON
    ) || fail "cannot read $requirements"
    folder="$cache/venv-$hash"
    if [[ ! -e "$folder/complete" ]]; then
        echo "installing $requirements into $folder" >&2
        python3 -m venv --clear "$folder" >&2 ||
            fail "python3 -m venv $folder failed (Debian, Ubuntu: apt-get install python3-venv)"
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" >&2 ||
            fail "could not install $requirements: see pip's message above"
        touch "$folder/complete"
    fi
    echo "$folder"
}

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

python=$(venv)/bin/python
