# wattledger: run `make` alone to see the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
SEED ?= 1
DATA ?= data

# RocksDB is built once into a cache outside the checkout; every profile links that archive.
ROCKSDB = export ROCKSDB_STATIC=1 ROCKSDB_LIB_DIR="$$(scripts/rocksdb.sh)"
# Benchmarks and runs use the release profile; tests the development profile.
WATTLEDGER = "$${CARGO_TARGET_DIR:-target}/release/wattledger"

.PHONY: help setup setup-kafka build run run-kafka kafka-up kafka-down test check chaos bench bench-kafka bench-pricing differential fuzz malformed clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  \033[1m%-13s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what is missing and build RocksDB once
	@scripts/setup.sh
	@scripts/rocksdb.sh >/dev/null

# For what needs a real broker: Java, Maven and Python where they are missing, then Kafka's jars and the packages of
# the Python examples, once.
setup-kafka:
	@scripts/setup.sh kafka
	@scripts/kafka.sh fetch >/dev/null
	@scripts/python.sh >/dev/null

build: setup ## Build the program (release)
	@printf '\033[1m==>\033[0m Building wattledger (a few minutes the first time)\n'
	@$(ROCKSDB); cargo build --release --locked -p wattledger-cli

run: build ## Bill a simulated charging day, then stay up (ONCE=1 ends after the summary)
	@$(WATTLEDGER) demo --data-dir "$(DATA)/demo" --fresh --seed $(SEED) $(if $(ONCE),--once)

run-kafka: build setup-kafka ## Bill the same day on a real Apache Kafka (ONCE=1 ends after the summary)
	@ONCE=$(ONCE) scripts/run-kafka.sh $(WATTLEDGER) "$(DATA)/run-kafka" $(SEED)

kafka-up: ## Start an Apache Kafka broker for development and print its address
	@scripts/setup.sh kafka >&2
	@scripts/kafka.sh start "$(DATA)/kafka"

kafka-down: ## Stop that broker (its data stays)
	@scripts/kafka.sh stop "$(DATA)/kafka"

test: setup setup-kafka ## Run every test
	@$(ROCKSDB); cargo test --locked --workspace --all-features

check: setup ## Formatting, lints, documentation
	cargo fmt --all --check
	@$(ROCKSDB); cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
	@$(ROCKSDB); RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --all-features

chaos: setup setup-kafka ## A whole day on Kafka with 60 kills against the same day undisturbed (half an hour)
	@$(ROCKSDB); WATTLEDGER_CHAOS_HOURS=24 WATTLEDGER_CHAOS_KILLS=60 cargo test --locked -p wattledger-tests-simulation \
		--test cluster two_hours -- --nocapture

bench: setup ## Measure the folds, pricing and the turn
	@$(ROCKSDB); cargo bench --locked -p wattledger-benches

bench-kafka: setup setup-kafka ## Measure all stages on a real Apache Kafka broker: a backlog, the intake, a pace, a rest, a rebalance
	@$(ROCKSDB); for what in '' intake paced 'paced 1000 10 20' rebalance; do \
		printf '\033[1m==>\033[0m kafka %s\n' "$$what"; \
		cargo run --release --locked -p wattledger-benches --bin kafka $$what || exit 1; done

bench-pricing: ## Instructions, CPU time and allocations of pricing, beside two other engines (wants valgrind)
	@scripts/bench-pricing.sh

differential: ## Random tariffs and sessions priced beside two other engines (PAIRS=20000 SEED=1)
	@scripts/differential.sh $(or $(PAIRS),20000) $(SEED)

fuzz: setup ## Fuzz readers, stored state, folds and the meter (SECONDS_EACH=60 a target)
	@$(ROCKSDB); scripts/fuzz.sh

malformed: setup ## A million malformed records among a million good ones (GOOD=, MALFORMED=)
	@$(ROCKSDB); cargo run --release --locked -p wattledger-malformed -- $(or $(GOOD),1000000) $(or $(MALFORMED),1000000)

clean: ## Remove build output and demo data (the RocksDB cache stays)
	cargo clean
	@scripts/kafka.sh stop "$(DATA)/kafka"
	rm -rf "$(DATA)"
