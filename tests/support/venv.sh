# Environments for Python, in a cache folder. To be sourced; the caller has a function `fail`.

command -v python3 >/dev/null || fail "python3 is missing: install Python 3.10 or later"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    fail "$(python3 --version) is too old: install Python 3.10 or later"

cache="${XDG_CACHE_HOME:-$HOME/.cache}/amiwatch"
mkdir -p "$cache"

need_venv() {
    # Debian splits ensurepip off: `import venv` works there and making one fails.
    python3 -c 'import ensurepip, venv' 2>/dev/null && return
    if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
        echo "python3 has no venv module: installing python3-venv"
        { apt-get update -q && apt-get install -qy --no-install-recommends python3-venv; } >&2 ||
            fail "apt-get could not install python3-venv: install it, then run this again"
        python3 -c 'import ensurepip, venv' 2>/dev/null && return
    fi
    fail "python3 has no venv module: install it (Debian, Ubuntu: apt-get install python3-venv)"
}

# venv NAME REQUIREMENTS: prints the folder of an environment that holds them. The folder's name
# changes with the requirements and the Python, so that an old one is never used by mistake.
venv() {
    local name=$1 requirements=$2 hash folder
    hash=$(python3 - "$requirements" <<'PYTHON'
import hashlib, pathlib, sys
print(hashlib.sha256(sys.version.encode() + pathlib.Path(sys.argv[1]).read_bytes()).hexdigest()[:16])
PYTHON
    ) || fail "cannot read $requirements"
    folder="$cache/$name-$hash"
    if [[ ! -e "$folder/complete" ]]; then
        echo "installing $requirements into $folder" >&2
        need_venv >&2
        # --clear: an interrupted installation leaves half a folder.
        python3 -m venv --clear "$folder" >&2 || fail "python3 -m venv $folder failed"
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" >&2 ||
            fail "could not install $requirements: see pip's message above"
        touch "$folder/complete"
    fi
    echo "$folder"
}
