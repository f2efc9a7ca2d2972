#!/usr/bin/env bash
# Builds the Debian package: packaging/package.sh [--profile release|dev] [--target TRIPLE] [--version VERSION] [--output FILE]
#
# Builds the daemon, collects all files of the package in target/package, and runs cargo-deb, which writes
# target/debian/agentlocator_VERSION_ARCH.deb. The build is reproducible: all times are those of the last commit.
# `--profile dev` builds a package quickly, for tests; `--version` sets another version.
set -euo pipefail
cd "$(dirname "$0")/.."

profile=release target= version= output=
while [ $# -gt 0 ]; do
    case $1 in
    --profile) profile=$2 ;;
    --target) target=$2 ;;
    --version) version=$2 ;;
    --output) output=$2 ;;
    *)
        echo "package: unknown option $1" >&2
        exit 2
        ;;
    esac
    shift 2
done
host=$(rustc -vV | sed -n 's/^host: //p')
target=${target:-$host}
version=${version:-$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)}
case $target in
x86_64-*) arch=amd64 npm_arch=x64 ;;
aarch64-*) arch=arm64 npm_arch=arm64 ;;
*)
    echo "package: unsupported target $target; supported: x86_64-unknown-linux-gnu, aarch64-unknown-linux-gnu" >&2
    exit 2
    ;;
esac
output=${output:-target/debian/agentlocator_${version}_$arch.deb}

# SOURCE_DATE_EPOCH sets the times in the package, GIT_COMMIT the source revision in the binary.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 1700000000)}
GIT_COMMIT=${GIT_COMMIT:-$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)}
BUILD_TIME=${BUILD_TIME:-$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)}
readonly stage=target/package
readonly doc=$stage/doc

build_daemon() {
    local options=(--locked --profile "$profile" --bin agentlocator) folder=$profile
    [ "$profile" != dev ] || folder=debug
    if [ "$target" = "$host" ]; then
        daemon=target/$folder/agentlocator
    else
        options+=(--target "$target")
        daemon=target/$target/$folder/agentlocator
    fi
    # With --profile dev, GIT_COMMIT and BUILD_TIME are not set: they would rebuild what the build of the tests has built.
    if [ "$profile" = dev ]; then
        cargo build "${options[@]}" --tests
    else
        GIT_COMMIT=$GIT_COMMIT BUILD_TIME=$BUILD_TIME cargo build "${options[@]}"
    fi
    install -D -m 755 "$daemon" "$stage/agentlocator"
    strip_for_target "$stage/agentlocator"
    # SOURCE_DATE_EPOCH is exported only after the build, because it would cause a rebuild of the C libraries.
    export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
}

strip_for_target() {
    local tool=strip
    [ "$target" = "$host" ] || tool=${target%%-*}-linux-gnu-strip
    "$tool" --strip-unneeded --remove-section=.comment --remove-section=.note "$1"
}

# Prints the path of a daemon that can run on this machine and generate the manual. A build for another architecture cannot run here.
native_daemon() {
    if [ "$target" = "$host" ]; then
        echo "$stage/agentlocator"
    else
        cargo build --quiet --locked --bin agentlocator >&2
        echo target/debug/agentlocator
    fi
}

manual_and_completions() {
    local program
    program=$(native_daemon)
    mkdir -p "$stage/man" "$stage/completions"
    "$program" manual "$stage/man"
    gzip -9 -n -f "$stage"/man/*
    local shell
    for shell in bash zsh fish; do "$program" completions "$shell" >"$stage/completions/$shell"; done
}

# The package contains its own Node, because a later version of the bridge may need a newer one than Debian has.
node() {
    local folder=target/node/package-$npm_arch
    local package=$folder/node_modules/node-linux-$npm_arch
    if ! [ -x "$package/bin/node" ]; then
        echo "package: fetching Node for $arch"
        mkdir -p "$folder"
        npm install --prefix "$folder" --no-save --no-package-lock --no-audit --no-fund --loglevel=error --force \
            "node-linux-$npm_arch@$NODE_VERSION" >/dev/null
    fi
    install -m 755 "$package/bin/node" "$stage/node"
    strip_for_target "$stage/node"
    gzip -9 -n -c "$package/LICENSE" >"$doc/node-LICENSE.gz"
}

# The bridge's licence requires that the package contains its source and the source of the libraries in its bundle.
bridge() {
    install -m 644 bridge/dist/bridge.mjs "$stage/bridge.mjs"
    mkdir -p "$doc/bridge"
    cp bridge/README.md bridge/NOTICE.md "$doc/bridge/"
    # In the package, one file contains all licences.
    sed -i 's|](LICENSE)|](LICENSES.txt.gz)|g' "$doc"/bridge/*.md
    gzip -9 -n -c bridge/dist/LICENSES.txt >"$doc/bridge/LICENSES.txt.gz"
    local packages
    packages=$(command node packaging/bundled-packages.mjs)
    # shellcheck disable=SC2086
    (cd bridge && git ls-files && printf '%s\n' $packages) | sort -u >"$stage/bridge-source.list"
    tar --create --directory=bridge --files-from="$stage/bridge-source.list" --sort=name --owner=0 --group=0 --numeric-owner \
        --mode=go=rX,u+rw,a-s --mtime="@$SOURCE_DATE_EPOCH" --transform='s,^,agentlocator-bridge/,' | xz -9 -T1 >"$doc/bridge/source.tar.xz"
}

documents() {
    mkdir -p "$doc/examples"
    cp SECURITY.md "$doc/"
    gzip -9 -n -c CHANGELOG.md >"$doc/changelog-of-agentlocator.gz"
    cp -r docs/. "$doc/"
    cp -r packaging/monitoring packaging/litestream "$doc/examples/" 2>/dev/null || true
    # Rewrites links to files whose path in the package differs from their path in the sources.
    sed -i 's|](\.\./\.\./packaging/|](../examples/|g' "$doc"/admin/*.md
    sed -i 's|](\.\./\.\./docs/|](../../|g' "$doc"/examples/*/*.md
    printf 'agentlocator (%s) stable; urgency=medium\n\n  * What changed: /usr/share/doc/agentlocator/changelog-of-agentlocator.gz\n\n -- %s  %s\n' \
        "$version" "$MAINTAINER" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9 -n >"$doc/changelog.gz"
    command node packaging/sbom.mjs "$target" "$version" "$stage"
    gzip -9 -n -c "$stage/licences.txt" >"$doc/licences.txt.gz"
    gzip -9 -n -c web/dist/licences.txt >"$doc/page-licences.txt.gz"
    gzip -9 -n -c "$stage/sbom.cdx.json" >"$doc/sbom.cdx.json.gz"
    find "$doc" -type f -exec chmod 644 {} +
}

# The settings file rarely changes, so that dpkg rarely asks which version to keep. The complete example sets database_url in the same way,
# for administrators who replace the settings file with the example.
settings() {
    cp packaging/deb/config.toml packaging/deb/whatsapp.env "$stage/"
    local line
    line=$(grep '^database_url = ' packaging/deb/config.toml)
    sed "s|^#$line\$|$line|" config.toml.example >"$doc/examples/config.toml.example"
    grep -qxF "$line" "$doc/examples/config.toml.example" || {
        echo "package: config.toml.example has no line for database_url" >&2
        exit 1
    }
}

# Prints the glibc version that the daemon and Node need.
needed_libc() {
    readelf --version-info "$stage/agentlocator" "$stage/node" | grep -o 'GLIBC_[0-9.]*' | cut -d_ -f2 | sort -uV | tail -n 1
}

scripts() {
    mkdir -p "$stage/scripts"
    local script libc
    libc=$(needed_libc)
    for script in preinst postinst prerm postrm; do
        sed -e "s/@VERSION@/$version/g" -e "s/@LIBC@/$libc/g" -e '/^#DEBHELPER#$/d' "packaging/deb/$script" >"$stage/scripts/$script"
    done
}

# Adds the file md5sums to the control archive: the checksums of all files except settings. debsums needs this file, and cargo-deb does not
# create it.
md5sums() {
    local deb work control
    deb=$(realpath "$1")
    work=$(mktemp -d target/package-sums.XXXXXX)
    mkdir "$work/control" "$work/data" "$work/parts"
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work/data"
    dpkg-deb --ctrl-tarfile "$deb" | tar -x -C "$work/control"
    (cd "$work/data" && find . -type f ! -path './etc/*' -printf '%P\0' | sort -z | xargs -0 md5sum) >"$work/control/md5sums"
    chmod 644 "$work/control/md5sums"
    (cd "$work/parts" && ar x "$deb")
    control=$(basename "$work"/parts/control.tar*)
    tar --create --directory="$work/control" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
        --format=gnu --auto-compress --file="$work/parts/$control" .
    rm "$deb"
    (cd "$work/parts" && ar rcD "$deb" debian-binary "$control" data.tar*)
    rm -r "$work"
}

[ -f web/dist/files.txt ] || {
    echo "package: the web page is not built; run scripts/page.sh build, or make deb" >&2
    exit 1
}

readonly NODE_VERSION=22
readonly MAINTAINER="AgentLocator <agentlocator@localhost>"

rm -rf "$stage"
mkdir -p "$doc" "$(dirname "$output")"
build_daemon
manual_and_completions
node
bridge
documents
settings
scripts
options=(--locked --no-build --no-strip --deb-version "$version" --output "$output")
[ "$target" = "$host" ] || options+=(--target "$target")
[ "$profile" != dev ] || options+=(--fast)
# cargo-deb deletes older packages from its output folder, even if the output is another file. They are moved away until it has finished.
aside=$(mktemp -d target/packages.XXXXXX)
[ "${output%/*}" = target/debian ] || mv target/debian/*.deb "$aside/" 2>/dev/null || true
status=0
PATH=$PWD/target/tools/bin:$PATH cargo deb "${options[@]}" >/dev/null || status=$?
mv "$aside"/*.deb target/debian/ 2>/dev/null || true
rmdir "$aside"
[ "$status" = 0 ] || exit "$status"
md5sums "$output"
echo "package: $output, $(du -k "$output" | cut -f1) KiB, $(dpkg-deb -f "$output" Installed-Size) KiB installed"
