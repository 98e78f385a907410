# Every target works on a fresh Debian 12 machine as root, and without root once `scripts/bootstrap` has run.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PROGRAMS := penstock-sidecar penstock-redirect penstock-operator penstock-demo
FUZZ_SECONDS ?= 60
VERSION := $(shell sed -nE 's/^project.penstock VERSION ([0-9.]+).*/\1/p' CMakeLists.txt)

.PHONY: help
help: ## List every target
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | \
	  while IFS=$$'\t' read -r name text; do printf '  %-20s %s\n' "$$name" "$$text"; done

.PHONY: bootstrap
bootstrap: ## Install what building and testing needs (Debian packages, a Python environment)
	@scripts/bootstrap

build/%/build.ninja: bootstrap
	@test -f $@ || cmake --preset $*

.PHONY: build
build: build/release/build.ninja ## Build the programs that ship, into build/release/bin
	@cmake --build --preset release --target $(PROGRAMS)

.PHONY: run
run: build ## Start a simulated model server and a sidecar, send a mixed load, show what happened, stay up
	@deploy/demo/run

.PHONY: replay
replay: build ## Replay a public trace through the sidecar: make replay TRACE=FILE [SPEED=N]
	@deploy/demo/replay "$${TRACE:?usage: make replay TRACE=FILE [SPEED=N]}" $(if $(SPEED),--speed $(SPEED))

.PHONY: test
test: build/release/build.ninja ## Build everything, run every test, print the totals
	@cmake --build --preset release
	@scripts/run-tests release

.PHONY: e2e
e2e: build ## Tests on a real Kubernetes control plane, built on first use (needs Go 1.25 or newer, else skipped)
	@if [[ $$EUID == 0 ]]; then scripts/bootstrap --e2e; fi
	@scripts/run-e2e

.PHONY: e2e-node
e2e-node: build image ## The same with real pods, by containerd and a kubelet (needs root, else skipped)
	@if [[ $$EUID == 0 ]]; then scripts/bootstrap --node; fi
	@scripts/run-e2e-node

.PHONY: image
image: build ## OCI images of operator and sidecar into build/image, without a daemon
	@deploy/image/build.py build/release/bin/penstock-operator penstock-operator:$(VERSION) build/image/penstock-operator.tar
	@deploy/image/build.py build/release/bin/penstock-sidecar,build/release/bin/penstock-redirect penstock-sidecar:$(VERSION) \
	  build/image/penstock-sidecar.tar

.PHONY: test-asan
test-asan: build/asan/build.ninja ## C++ tests, and the server under load, under AddressSanitizer and UndefinedBehaviorSanitizer
	@cmake --build --preset asan
	@scripts/run-tests asan

.PHONY: test-tsan
test-tsan: build/tsan/build.ninja ## C++ tests, and the server under load, under ThreadSanitizer
	@cmake --build --preset tsan
	@scripts/run-tests tsan

.PHONY: test-gcc
test-gcc: build/gcc/build.ninja ## The C++ tests built by the second compiler
	@cmake --build --preset gcc
	@scripts/run-tests gcc

.PHONY: fuzz
fuzz: build/fuzz/build.ninja ## Every fuzz target for FUZZ_SECONDS (60) each
	@cmake --build --preset fuzz --target fuzzers
	@scripts/fuzz $(FUZZ_SECONDS)

.PHONY: bench
bench: build ## Micro benchmarks, then side by side with nginx and haproxy: make bench [ARGS=--quick]
	@scripts/bootstrap --bench
	@scripts/bench $(ARGS)

.PHONY: forecast-score
forecast-score: build/release/build.ninja ## How good the autoscaler's forecasts are on public series: make forecast-score [DATA=DIR]
	@cmake --build --preset release --target forecast_score
	@tests/bench/forecast/series.py "$${DATA:-../shared/data}" build/forecast/series.csv
	@build/release/bench/forecast_score build/forecast/series.csv

.PHONY: compare-autoscalers
compare-autoscalers: build/release/build.ninja ## Simulate a week with every autoscaler, print the table: make compare-autoscalers [ARGS='--hours 24']
	@cmake --build --preset release --target compare_autoscalers
	@build/release/bench/compare_autoscalers $(ARGS) | tee build/compare-autoscalers.md

.PHONY: lint clang-tidy
lint: build/release/build.ninja ## Formatting, the project's own rules, shell scripts, generated documents
	@scripts/lint

clang-tidy: build/release/build.ninja ## clang-tidy over lib, sidecar and deploy, not yet operator; what did not change is not looked at again
	@.venv/bin/python scripts/clang_tidy.py build/release lib sidecar deploy

.PHONY: format
format: bootstrap ## Format every C++ file in place
	@scripts/cpp-files | xargs clang-format-19 -i

.PHONY: generate
generate: bootstrap ## Rewrite the generated parts of the documents
	@.venv/bin/python scripts/generate.py

.PHONY: verify
verify: bootstrap ## Fail when a generated part of a document is not current
	@.venv/bin/python scripts/generate.py --check

.PHONY: clean
clean: ## Remove build trees and the Python environment
	@rm -rf build .venv
