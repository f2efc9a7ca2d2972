#!/usr/bin/env bash
# Prints the rustup toolchain that `make` uses instead of the one in rust-toolchain.toml; prints nothing if none is needed.
#
# Without internet access, rustup cannot install the version in rust-toolchain.toml, and cargo fails. In that case rustup's default
# toolchain is used. scripts/setup.sh rejects it if it is older than rust-version in Cargo.toml.
set -euo pipefail
cd "$(dirname "$0")/.."

# Without rustup, rust-toolchain.toml has no effect. A toolchain that the user has selected is kept.
if ! type -P rustup >/dev/null || [ -n "${RUSTUP_TOOLCHAIN:-}" ]; then
    exit 0
fi
# This command also installs the toolchain, if rustup can.
if rustc --version >/dev/null; then
    exit 0
fi
toolchain=$(rustup default 2>/dev/null | cut -d' ' -f1)
if [ -n "$toolchain" ]; then
    echo "toolchain: rustup cannot install the version of rust-toolchain.toml; $toolchain is used instead" >&2
    echo "$toolchain"
fi
