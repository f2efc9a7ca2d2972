# The entry point: all commands to build, run and test the project. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo web build deb power-cut test test-daemon test-bridge test-web test-deb test-all conformance fresh lint doc check-arm64 check-rust \
    fmt openapi deny bench bench-web soak attack audio clean

# Builds use the exact versions in the lock file.
CARGO_FLAGS := --locked

# Set only if rustup cannot install the version in rust-toolchain.toml.
ifndef RUSTUP_TOOLCHAIN
RUSTUP_TOOLCHAIN := $(shell scripts/toolchain.sh)
endif
ifneq ($(RUSTUP_TOOLCHAIN),)
export RUSTUP_TOOLCHAIN
endif

# The folders in which scripts/setup.sh installs Node, if the system's is too old, and cargo's tools.
export PATH := $(CURDIR)/target/node/current/bin:$(PATH):$(CURDIR)/target/tools/bin

help: ## Show this.
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/make \1\t\2/' | expand -t 18

demo: ## Build, then play a shop's day on a fresh data folder; keeps running. ARGS=--exit ends with a result.
	@scripts/setup.sh demo
	cargo run $(CARGO_FLAGS) --features conformance -- demo $(ARGS)

web: ## Start the web page's development server in front of a demo, or of AGENTLOCATOR_URL.
	@scripts/setup.sh web
	scripts/page.sh dev

build: ## Build the release binary with the web page, and the WhatsApp bridge (bridge/dist/bridge.mjs).
	@scripts/setup.sh build
	cargo build $(CARGO_FLAGS) --release

deb: ## Build the Debian package, target/debian/agentlocator_*.deb. ARGS='--target aarch64-unknown-linux-gnu' for another machine.
	@scripts/setup.sh deb
	packaging/package.sh $(ARGS)

test-deb: ## Install the package in a booted Debian, and walk through its whole life. SUITE=trixie for Debian 13.
	@scripts/setup.sh test-deb
	packaging/package.sh
	tests/deb/walk.sh full $(SUITE)

power-cut: ## Cut the power of a virtual machine with the package in the middle of writes (root; QEMU in emulation, minutes).
	@scripts/setup.sh test-deb
	@ls target/debian/*.deb >/dev/null 2>&1 || packaging/package.sh
	tests/deb/power-cut.sh $(or $(CUTS),3)

test: ## Everything that a change must pass.
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory lint doc
	@scripts/run-tests.sh

test-daemon: ## The daemon's part of `make test`.
	@scripts/setup.sh test-daemon
	@scripts/run-tests.sh daemon

test-bridge: ## The bridge's part of `make test`.
	@scripts/setup.sh test-bridge
	@scripts/run-tests.sh bridge

test-web: ## The web page's part of `make test`: unit tests, then Chromium.
	@scripts/setup.sh test-web
	@scripts/run-tests.sh web

# A missing tool is a failure in this target.
test-all: export REQUIRE_ALL = 1
test-all: ## `make test` with the long rounds, `make soak MINUTES=10`, `make attack` and `make fresh`, and with the tools of `make deny`.
	@scripts/setup.sh test-all
	@$(MAKE) --no-print-directory lint doc
	@scripts/run-tests.sh --long
	@$(MAKE) --no-print-directory conformance
	@scripts/attack.sh
	@$(MAKE) --no-print-directory fresh

conformance: ## Run tests by others on the daemon: sslyze, Mozilla's Observatory, Autobahn, schemathesis; 15 min. LENGTH=quick: 3 min.
	@scripts/setup.sh conformance
	@tests/conformance/run.sh $(LENGTH)

fresh: ## Run `make demo` and `make test` on bare Debian 12 and 13 and Ubuntu 24.04 (root; about an hour each). SUITES='trixie' for some.
	@scripts/setup.sh fresh
	tests/fresh/run.sh $(SUITES)

lint: ## Format, clippy with warnings as errors, the types and style of bridge and page, and `make deny` where its tools are installed.
	@scripts/setup.sh lint
	cargo fmt --check
	cargo clippy $(CARGO_FLAGS) --all-targets -- -D warnings
	npm --prefix bridge --silent run lint
	scripts/page.sh lint
	@if command -v cargo-deny >/dev/null && command -v cargo-machete >/dev/null; then scripts/check-dependencies.sh; \
	else echo "cargo-deny and cargo-machete are not installed, so dependencies are not checked here; make deny installs them"; fi

doc: ## Build the documentation of the code, with warnings as errors.
	@scripts/setup.sh rust
	RUSTDOCFLAGS='-D warnings' cargo doc $(CARGO_FLAGS) --workspace --no-deps

check-arm64: ## Check that the daemon compiles for arm64, with its C libraries.
	@scripts/setup.sh check-arm64
	cargo check $(CARGO_FLAGS) --target aarch64-unknown-linux-gnu

check-rust: ## Check that the daemon compiles with the oldest supported Rust, rust-version in Cargo.toml (rustup).
	@scripts/setup.sh check-rust
	RUSTUP_TOOLCHAIN=$$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml) cargo check $(CARGO_FLAGS)

fmt: ## Format the code.
	@scripts/setup.sh lint
	cargo fmt
	npm --prefix bridge --silent run format

openapi: ## Write docs/openapi.json, the API's document, as the daemon serves it.
	@scripts/setup.sh build
	cargo run $(CARGO_FLAGS) --quiet -- openapi > target/openapi.json && mv target/openapi.json docs/openapi.json

deny: ## Check the dependencies: unused ones, licences, bans, sources, and advisories where their list can be fetched.
	@scripts/setup.sh deny
	@scripts/check-dependencies.sh

bench: ## Measure, each figure as a ratio to a baseline measured beside it. ARGS=--help shows what can be chosen.
	@scripts/setup.sh bench
	cargo bench $(CARGO_FLAGS) --bench load -- $(ARGS)

bench-web: ## Measure the web page of the release build in Chromium on a simulated slow phone. ARGS=load.spec.ts selects a file of web/bench.
	@scripts/setup.sh test-web
	scripts/page.sh build
	cargo build $(CARGO_FLAGS) --release
	scripts/page.sh bench $(ARGS)

soak: ## Run calls, messages both ways, outages, copies and backups at once for MINUTES=35, then check the totals for consistency. ARGS=--help for more.
	@scripts/setup.sh soak
	cargo bench $(CARGO_FLAGS) --bench soak -- --minutes $(or $(MINUTES),35) $(ARGS)

attack: ## Try what SECURITY.md claims, then flood the daemon in a separate network (root, or a user who may make one); 20 min. ARGS=--quick without the flood.
	@scripts/setup.sh bench
	scripts/attack.sh $(ARGS)

audio: ## Generate the default prompts (needs espeak-ng, lame and sox).
	@scripts/setup.sh audio
	packaging/audio/make-audio.sh

clean: ## Remove what was built. Data stays.
	cargo clean
	rm -rf tests/twilio-helper/node_modules tests/conformance/observatory/node_modules bridge/node_modules bridge/dist \
	    web/node_modules web/test-results
	find web/dist -mindepth 1 ! -name .gitignore -delete
