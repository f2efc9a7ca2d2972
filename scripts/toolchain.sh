#!/usr/bin/env bash
# Prints the rustup toolchain that `make` uses in place of that of rust-toolchain.toml; prints nothing if none is needed.
#
# Without internet access rustup cannot install the version of rust-toolchain.toml, and cargo fails. Its default toolchain is
# used then; scripts/setup.sh refuses one that is older than rust-version in Cargo.toml.
set -euo pipefail
cd "$(dirname "$0")/.."

# Without rustup, rust-toolchain.toml has no effect. A toolchain that the user has chosen stays.
if ! type -P rustup >/dev/null || [ -n "${RUSTUP_TOOLCHAIN:-}" ]; then
    exit 0
fi
# This also installs the toolchain, if rustup may and can.
if rustc --version >/dev/null; then
    exit 0
fi
toolchain=$(rustup default 2>/dev/null | cut -d' ' -f1)
if [ -n "$toolchain" ]; then
    echo "toolchain: rustup cannot install the version of rust-toolchain.toml; $toolchain is used instead" >&2
    echo "$toolchain"
fi
