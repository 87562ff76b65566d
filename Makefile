# The two commands to know: `make demo` and `make test`. Both install what they need, once.
NODE := .toolchain/bin/node
export PATH := $(CURDIR)/.toolchain/bin:$(PATH)

.PHONY: help demo demo-stop test test-unit watch test-all e2e check bench simulate tools clean

help: ## Lists the commands.
	@grep -hE '^[a-z0-9-]+:.*## ' Makefile | sed -E 's/^([a-z0-9-]+):.*## /  make \1	/' | expand -t 20

demo: tools ## Brings up a simulated fleet of all three kinds with the real Pulumi engine.
	@$(NODE) simulators/demo.ts

demo-stop: ## Ends every process that the demo started and forgets its fleet.
	@if [ -x $(NODE) ]; then $(NODE) simulators/demo.ts --stop; else echo "Nothing was started."; fi

test: tools ## Runs every check and every test.
	@$(NODE) tools/test.ts

test-all: tools ## The same with nothing bounded: every moment of a kill, the production fleet.
	@FLEET_TESTS=all $(NODE) tools/test.ts

test-unit: tools ## Runs the tests of all rooms without the engine; ROOM=model runs one room.
	@$(NODE) --test --test-reporter=spec 'test/$(or $(ROOM),!(e2e))/**/*.test.ts'

watch: tools ## Runs one room's tests again at each change: make watch ROOM=model.
	@$(NODE) --test --watch --test-reporter=dot 'test/$(or $(ROOM),model)/**/*.test.ts'

e2e: tools ## Runs the tests on the real engine.
	@$(NODE) --test --test-reporter=spec --test-concurrency=1 'test/e2e/**/*.test.ts'

check: tools ## Types, format, lint, arrows between rooms, scripts, workflows.
	@$(NODE) tools/check.ts

bench: tools ## Prints how fast previews are, and how our pools do beside other policies.
	@$(NODE) tools/bench.ts
	@$(NODE) tools/bench-pool.ts

simulate: tools ## Runs 1,000 fleet-years of EC2 Mac pools with faults; SEED=7 begins elsewhere.
	@$(NODE) test/model/ec2-mac/simulate.ts --years 1000 --seed $(or $(SEED),1)

tools: node_modules/.package-lock.json ## Installs the pinned tools.
	@node_modules/.bin/node tools/setup.ts

node_modules/.package-lock.json: package.json package-lock.json
	@sh tools/requirements.sh
	@echo "Installing the npm packages (about a minute, once)"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

clean: demo-stop ## Removes what make wrote into this checkout; the user cache stays.
	@rm -rf .local .toolchain node_modules
