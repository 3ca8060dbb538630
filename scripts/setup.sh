#!/bin/sh
# Promise: either this machine can build ropewalk and scripts/setup.py goes on from here, or
# each missing prerequisite is named with its cure and the status is 1.
#
#   sh scripts/setup.sh build|dev      PYTHON=... chooses the interpreter
set -u
cd "$(dirname "$0")/.." || exit 1
missing=0

# need WHAT CURE...
need() {
    printf 'missing: %s\n' "$1" >&2
    shift
    printf '   cure: %s\n' "$@" >&2
    missing=1
}

# Whether this Python runs (a pyenv shim may exist and refuse) and is new enough.
works() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python3.15; do
        if works "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
}

check_python() {
    if [ -n "${PYTHON:-}" ]; then
        python=$PYTHON
        works "$python" || need "a working Python >= 3.11: PYTHON=$PYTHON is none" \
            "give another one, e.g. make PYTHON=python3.12, or leave PYTHON out"
        return
    fi
    python=$(find_python)
    [ -n "$python" ] && return
    need "Python >= 3.11 (python3 says: $(python3 --version 2>&1 | head -n 1))" \
        "a newer one from your distribution (apt install python3 python3-venv, dnf install python3)" \
        "or from https://www.python.org/downloads/, then: make PYTHON=/path/to/python3 demo"
}

check_rust() {
    wanted=$(sed -n 's/^rust-version = "1\.\([0-9]*\)".*/\1/p' Cargo.toml | head -n 1)
    found=$(rustc --version 2>/dev/null | sed -n 's/^rustc 1\.\([0-9]*\)\..*/\1/p')
    if [ -z "$found" ] && command -v rustup >/dev/null 2>&1; then
        need "a Rust toolchain (rustup is here, but has chosen none for HOME=${HOME:-})" \
            "rustup default stable, or set RUSTUP_HOME to where its toolchains are"
    elif [ -z "$found" ] || ! cargo --version >/dev/null 2>&1; then
        need "Rust (cargo and rustc >= 1.$wanted)" \
            "install it with rustup, https://rustup.rs (distributions' packages are often older)" \
            "then open a new shell, or: . \"\$HOME/.cargo/env\""
    elif [ "$found" -lt "$wanted" ]; then
        need "rustc >= 1.$wanted (found 1.$found)" "rustup update stable"
    fi
}

check_linker() {
    # Cargo may be told of another linker; cc is its default.
    command -v cc >/dev/null 2>&1 || command -v clang >/dev/null 2>&1 ||
        env | grep -q '^CARGO_TARGET_.*_LINKER=' ||
        need "a C linker (cc), which rustc calls" \
            "Debian, Ubuntu: apt install gcc libc6-dev; Fedora: dnf install gcc"
}

check_python
check_rust
check_linker
[ "$missing" = 0 ] || exit 1
exec "$python" scripts/setup.py "$@"
