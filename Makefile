# Countersign. Each target installs what it needs; scripts/setup says in one line what only a person can install.
#
#   make run            builds, starts the service with a demo user, and opens the app beside it
#   make tour           the same on a virtual display, driven like a person; pictures in target/tour
#   make test           everything that CI runs
#   make fuzz           fuzzes what the app reads, FUZZ_SECONDS each (5)
#   make lint           formats, lints, licences and documentation only
#   make android-check  compiles the app's code for Android, without an SDK
#   make gallery        every state of the window in target/gallery, beside its drawing where COUNTERSIGN_DESIGN names them
#   make bench          measures against the goals
#   make bundle         a Debian package and an AppImage of the app in target/bundle
#   make service-package  a Debian package of the service there, installed into an empty root and tried

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export CARGO_INCREMENTAL ?= 0
BIN := $(or $(CARGO_TARGET_DIR),target)/debug
PROGRAMS := --package countersign-app --package countersign-service --package countersign-tests --bins

.PHONY: help run tour gallery test page compiled fuzz bench bundle service-package android-check lint docs ui setup setup-test generated

help:
	@sed -n 's/^#   //p' Makefile

setup:
	@scripts/setup build

setup-test:
	@scripts/setup build desktop kerberos browser directory calls parts proxies package codes nextest

# The page that the app carries inside
ui: setup
	npm --prefix ui run build --silent -- --logLevel=warn

# Without a display there is nobody to open a window for
ifeq ($(DISPLAY)$(WAYLAND_DISPLAY),)
run: tour
else
run: ui
	@scripts/setup keystore
	cargo build $(PROGRAMS)
	$(BIN)/demo
endif

tour: setup-test ui
	cargo build $(PROGRAMS)
	$(BIN)/tour

# Every state in a real browser: looked at, used by keyboard alone, measured with ten thousand accounts
gallery: setup
	@scripts/setup browser
	npm --prefix ui run gallery --silent

lint: ui
	@scripts/setup deny
	cargo fmt --all --check
	npm --prefix ui run lint --silent
	npm --prefix ui run check --silent
	cargo clippy --workspace --all-targets --quiet -- --deny warnings
	cargo deny --log-level error check bans licenses sources

docs: ui
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --document-private-items --quiet

android-check: ui
	@scripts/setup android
	scripts/android-check

# What is generated from Rust is what is committed
generated:
	@git diff --exit-code --stat -- ui/src/host/generated gen
	@test -z "$$(git ls-files --others --exclude-standard -- ui/src/host/generated gen)" || \
	  { git ls-files --others --exclude-standard -- ui/src/host/generated gen; echo "generated, but not committed"; exit 1; }

# The page's own tests wait for a browser, and leave a core to the compiler beside them; what they say is told at the end.
# Most other tests wait for something too, so more of them run than there are cores: tests/nextest.toml says how.
test: setup-test ui
	@said=$$(mktemp); \
	$(MAKE) --no-print-directory page >$$said 2>&1 & page=$$!; \
	trap 'kill $$page 2>/dev/null || true; cat $$said; rm $$said' EXIT; \
	$(MAKE) --no-print-directory compiled; \
	wait $$page
	$(BIN)/tour
	scripts/bundle service $(BIN)/countersign-service
	scripts/package-check target/bundle/countersign-service_*.deb
	scripts/proxies-check $(BIN)/countersign-service
	scripts/recognition-check $(BIN)/countersign-service
	cargo nextest run --workspace --config-file tests/nextest.toml --test-threads $$((2 * $$(nproc)))
	cargo test --workspace --test all directory::
	cargo test --workspace --doc
	@$(MAKE) --no-print-directory fuzz
	@$(MAKE) --no-print-directory generated

page:
	npm --prefix ui test --silent
	@$(MAKE) --no-print-directory gallery

compiled: lint docs android-check
	cargo test --workspace --no-run

# What the tests compiled serves this too; only our own crates are compiled anew, with coverage counters
fuzz: setup
	tests/fuzz/run

bench: setup-test ui
	cargo build --release $(PROGRAMS) --example bare --example calls
	$(or $(CARGO_TARGET_DIR),target)/release/bench

# What a person installs: a Debian package, and an AppImage where its tools can be had
bundle: ui
	@scripts/setup bundle
	cargo build --release --package countersign-app --bin countersign
	scripts/bundle app

service-package: ui
	@scripts/setup package
	cargo build --release --package countersign-service --bin countersign-service
	scripts/bundle service
	scripts/package-check target/bundle/countersign-service_*.deb pages
