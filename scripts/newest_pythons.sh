#!/usr/bin/env bash
# Promise: prints the path of a CPython of each VERSION asked for, one a line, with venv, ssl and its
# own tests; they are Debian's newest, unpacked beside the system with the C library they were
# built for, so that nothing of the system changes. What cannot be had is named on stderr and the
# status is 1, but the others are there.
#
#   newest_pythons.sh 3.14 3.15         needs apt-get, dpkg-deb, patchelf
#
# The packages stay in the user's cache folder: with them there, no network is asked.
set -euo pipefail
home=${XDG_CACHE_HOME:-$HOME/.cache}/ropewalk/pythons
packages=$home/packages
root=$home/root
mkdir -p "$packages" "$root"
exec 9>"$home/lock"
flock 9

python_of() {
    printf '%s/usr/bin/python%s\n' "$root" "$1"
}

works() {
    "$(python_of "$1")" -c 'import venv, ensurepip, ssl, test.test_queue' 2>/dev/null
}

say() {
    printf 'newest_pythons: %s\n' "$*" >&2
}

# What an installation of Python would bring along, and a folder beside the system has no use for.
unneeded='^(gcc-|linux-libc-dev|libc6-dev|libc-dev-bin|libc-gconv|debconf|readline-common|openssl$'
unneeded+='|ca-cert|net-tools|libselinux|libpcre|zlib1g-dev|libexpat1-dev|libc-bin|perl|dpkg|tar)'

# A configuration of apt's that knows the mirror of this machine, and installs nothing.
apt_beside_the_system() {
    local apt=$home/apt mirror
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    : >"$apt/status"
    mirror=$(sed -n 's/^URIs: //p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)
    [ -n "$mirror" ] || mirror=$(sed -n 's/^deb \(\[[^]]*\] \)*\([^ ]*\) .*/\2/p' \
        /etc/apt/sources.list | head -n 1)
    local key=/usr/share/keyrings/debian-archive-keyring.gpg
    echo "deb [signed-by=$key] $mirror sid main" >"$apt/sources"
    printf '%s "%s";\n' Dir::Etc::SourceList "$apt/sources" Dir::Etc::SourceParts - \
        Dir::State::Lists "$apt/lists" Dir::State::status "$apt/status" Dir::Cache "$apt/cache" \
        APT::Sandbox::User root Acquire::Languages none Acquire::http::Timeout 30 \
        Acquire::IndexTargets::deb::DEP-11::DefaultEnabled false >"$apt/conf"
    export APT_CONFIG=$apt/conf
    [ -n "${lists_are_new:-}" ] || apt-get update -qq >&2 || return 1
    lists_are_new=1
}

download() {
    local version=$1 names=$packages/$1.names
    [ ! -s "$names" ] || return 0
    apt_beside_the_system || return 1
    # Written only when all is there: what was had by half is fetched again.
    apt-get install -s -y --no-install-recommends "python$version-venv" \
        "libpython$version-testsuite" "libpython$version-dev" |
        sed -n 's/^Inst \([^ ]*\) .*/\1/p' | grep -vE "$unneeded" >"$names.new" &&
        (cd "$packages" && xargs apt-get download -qq <"$names.new" >&2) &&
        mv "$names.new" "$names"
}

unpack() {
    local version=$1 package python loader=$root/usr/lib64/ld-linux-x86-64.so.2
    for package in "$packages"/*.deb; do
        dpkg-deb -x "$package" "$root"
    done
    # Where Debian keeps the wheels that venv and ensurepip put into a new environment.
    sed -i "s#'/usr/share/python-wheels/'#'$root/usr/share/python-wheels/'#" \
        "$root"/usr/lib/python3.*/_sysconfigdata__*linux*.py
    # All of them: unpacking this version's packages has put the others' back as they were.
    for python in "$root"/usr/bin/python3.[0-9][0-9]; do
        patchelf --set-interpreter "$loader" --force-rpath \
            --set-rpath "$root/usr/lib/x86_64-linux-gnu" "$python"
    done
    "$(python_of "$version")" -m compileall -q "$root/usr/lib/python$version" >/dev/null 2>&1 || true
}

status=0
for version in "$@"; do
    if ! works "$version"; then
        if ! { command -v patchelf && command -v dpkg-deb && command -v apt-get; } >/dev/null; then
            say "python$version: needs apt-get, dpkg-deb and patchelf"
            status=1
            continue
        fi
        say "python$version: fetching it (once; kept in $home)"
        (download "$version" && unpack "$version") || true
        works "$version" || { say "python$version: could not be had here" && status=1 && continue; }
    fi
    python_of "$version"
done
exit "$status"
