#!/usr/bin/env bash
# Installs Autobahn's test suite as target/tools/autobahn/wstest. Installs nothing outside of target, and does not need
# root.
#
# The suite runs only on Python 2.7, and Debian 11 was the last Debian release that contained Python 2.7. On Debian, the
# script downloads Debian 11's packages from the machine's own package sources, and unpacks them without installing
# them. Elsewhere, the script uses a `python2.7` on PATH.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/deb/bootstrap.sh

readonly folder=$PWD/target/tools/autobahn
readonly wanted=tests/conformance
readonly packages=(python2.7 python2.7-minimal libpython2.7-minimal libpython2.7-stdlib libssl1.1 libffi7)

# unpack_python: unpacks Debian 11's Python into $folder/python.
unpack_python() {
    local sources work=$folder/apt package
    type -P apt-get dpkg-deb >/dev/null || return 1
    sources=$(bootstrap_sources bullseye)
    [ -n "$sources" ] || return 1
    mkdir -p "$work"/{state,lists/partial,cache/archives/partial,debs}
    touch "$work/state/status"
    mv "$sources" "$work/sources.${sources##*.}"
    cat >"$work/apt.conf" <<S
Dir::State "$work/state";
Dir::State::Lists "$work/lists";
Dir::State::status "$work/state/status";
Dir::Cache "$work/cache";
Dir::Etc::SourceList "$work/sources.${sources##*.}";
Dir::Etc::SourceParts "-";
APT::Sandbox::User "";
S
    # apt fails if a source of Debian 11, such as its updates, is no longer published. The packages are in its main
    # source.
    APT_CONFIG=$work/apt.conf apt-get -q update || true
    (cd "$work/debs" && APT_CONFIG=$work/apt.conf apt-get -q download "${packages[@]}") || return 1
    mkdir -p "$folder/python"
    for package in "$work"/debs/*.deb; do dpkg-deb -x "$package" "$folder/python" || return 1; done
    rm -rf "$work"
}

# Writes two programs: `python2` runs Python 2.7, with the unpacked libraries if there are any, and `wstest` runs the
# test suite with it.
write_launcher() {
    cat >"$folder/python2" <<'S'
#!/bin/sh
folder=$(dirname "$(readlink -f "$0")")
if [ -d "$folder/python" ]; then
    for libraries in "$folder"/python/usr/lib/*-linux-gnu; do export LD_LIBRARY_PATH="$libraries"; done
    exec "$folder/python/usr/bin/python2.7" "$@"
fi
exec python2.7 "$@"
S
    cat >"$folder/wstest" <<'S'
#!/bin/sh
folder=$(dirname "$(readlink -f "$0")")
exec "$folder/python2" -c '
import site, sys
site.addsitedir(sys.argv.pop(1))
from autobahntestsuite.wstest import run
run()' "$folder/packages" "$@"
S
    chmod +x "$folder/python2" "$folder/wstest"
}

install_packages() {
    local pip=("$folder/python2" "$folder/pip/pip" --quiet --no-python-version-warning install --no-deps --require-hashes)
    # Python 2.7 comes without pip. The last pip version for it is a wheel that runs without being unpacked.
    python3 -m pip --quiet download --no-deps --only-binary=:all: --python-version 27 --dest "$folder/wheels" \
        --require-hashes -r "$wanted/autobahn-tools.txt"
    cp "$folder"/wheels/pip-*.whl "$folder/pip"
    "${pip[@]}" --target "$folder/packages" -r "$wanted/autobahn-tools.txt"
    PYTHONPATH=$folder/packages "${pip[@]}" --no-build-isolation --target "$folder/packages" -r "$wanted/autobahn.txt"
    "$folder/wstest" --help >/dev/null
}

rm -rf "$folder"
mkdir -p "$folder/wheels"
unpack_python || rm -rf "$folder/python" "$folder/apt"
write_launcher
if ! "$folder/python2" -c 'import ssl' 2>/dev/null; then
    echo "there is no Python 2.7 here: on Debian its packages can be fetched from Debian 11, elsewhere put a python2.7 on PATH" >&2
    exit 1
fi
install_packages
