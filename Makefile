# Each target does its own set-up: on a fresh Debian or Ubuntu machine with the Swift 6.3 toolchain nothing else is needed.
SHELL := /bin/bash
BUILD := swift build -c release --explicit-target-dependency-import-check error
PRODUCTS := .build/release

.PHONY: help demo test prove bench build setup format lint fixtures clean

help:  ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-9s %s\n", $$1, $$2}'

demo: build  ## the whole system on this machine, on real text (DATA=path for your own, VERSIONS=n, CHEATS=n, FOLDER=path)
	@$(PRODUCTS)/caravan demo $(if $(DATA),--data "$(DATA)") $(if $(VERSIONS),--versions $(VERSIONS)) $(if $(CHEATS),--cheats $(CHEATS)) $(if $(FOLDER),--folder "$(FOLDER)")

test: setup  ## every test
	$(BUILD) --build-tests
	@set -o pipefail; swift test -c release --skip-build 2>&1 | tee .build/test.log \
		|| { echo "What failed:"; grep -a "^✘" .build/test.log; exit 1; }

prove: test  ## the slow proofs too: more seeds for simulation and crashes
	CARAVAN_PROVE=1 swift test -c release --skip-build --filter 'SimulationTests|EndToEndTests'

bench: build  ## tables of this machine's figures, on an idle machine (QUICK=1 for a first look, TURNS=n)
	@$(PRODUCTS)/caravan-benchmarks tables $(if $(QUICK),--quick) $(if $(TURNS),--turns $(TURNS))

build: setup  ## caravan, caravan-server, caravan-client, caravan-worker in .build/release
	$(BUILD)

setup:
	@scripts/setup.sh

format:  ## rewrite the sources in the house's format
	swift format -i --parallel --recursive Package.swift WorkUnits Sources Server Client Tests Benchmarks

lint:  ## complain where the format is not the house's
	swift format lint --strict --parallel --recursive Package.swift WorkUnits Sources Server Client Tests Benchmarks

clean:  ## forget the build and the demo
	rm -rf .build caravan-demo
