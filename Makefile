# Berth. `make help` lists the targets; `make V=1` shows the commands.
#
# Variants live in folders of their own: make VARIANT=debug|release|asan|mutant, CC=gcc|clang.
# Every x_test.c beside the code becomes a test program; nothing is listed by hand.

VARIANT ?= release
CC      := $(if $(filter default,$(origin CC)),gcc,$(CC))
VERSION := $(shell cat VERSION)
ROOT    := build
BUILD   := $(if $(filter release-gcc,$(VARIANT)-$(CC)),$(ROOT),$(ROOT)/$(VARIANT)-$(notdir $(CC)))
Q       := $(if $(V),,@)
say      = $(if $(V),,@printf '  %-5s %s\n' '$(1)' '$(2)')

WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wconversion -Wformat-security -Werror
FLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
FLAGS_debug   := -O0 -g -DBERTH_DEBUG
# No -Werror: gcc knows less of values in the code that sanitizers add to, and warns of what cannot be; the builds without count.
FLAGS_asan    := -Wno-error -O1 -g -DBERTH_DEBUG -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_mutant  := -O2 -g -DBERTH_MUTANT_NO_RESYNC
FLAGS_fuzz    := -O1 -g -DBERTH_DEBUG -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LINK_release  := -pie -Wl,-z,relro,-z,now
LINK_asan     := -fsanitize=address,undefined
LINK_fuzz     := -fsanitize=fuzzer,address,undefined

PKGS    := libwebsockets libcurl libcjson yaml-0.1 libuv openssl
# Debian's libwebsockets.pc names libcap, which only its static build needs: ask for the flags without it.
CFLAGS  += -std=gnu11 $(WARN) $(FLAGS_$(VARIANT)) -MMD -MP -D_GNU_SOURCE -DBERTH_VERSION='"$(VERSION)"' \
           -Ioperator -Ioperator/lib -I.
LDFLAGS += $(LINK_$(VARIANT)) -Wl,--as-needed
LDLIBS  += -lwebsockets -lcurl -lcjson -lyaml -luv -lssl -lcrypto -lm

objects  = $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out %_test.c %_fuzz.c,$(wildcard $(1))))
tests    = $(patsubst %.c,$(BUILD)/%,$(wildcard $(1)))

LIB      := base loop http kube proto plan
LIB_A    := $(foreach l,kube http proto plan loop base,$(BUILD)/lib$(l).a)
TESTING  := $(call objects,operator/lib/testing/*.c)
WIRING   := $(call objects,operator/*.c)
OPERATOR := $(call objects,operator/controller/*.c operator/dispatch/*.c operator/emit/*.c operator/serve/*.c)
WORKER   := $(call objects,workers/*.c workers/steps/*.c workers/schedulers/*.c)
EDGE     := $(call objects,benchmarks/edge/*.c)
FLEET    := $(call objects,e2e/fleet/*.c)
TOOL     := $(call objects,e2e/fleet/tools/bare.c e2e/fleet/tools/script.c)
PROGRAMS := $(BUILD)/berth-operator $(BUILD)/berth-worker $(BUILD)/berth-benchmark $(BUILD)/berth-fleet

LIB_TESTS      := $(call tests,$(foreach l,$(LIB),operator/lib/$(l)/*_test.c))
WIRING_TESTS   := $(call tests,operator/*_test.c)
OPERATOR_TESTS := $(call tests,operator/controller/*_test.c operator/dispatch/*_test.c operator/emit/*_test.c operator/serve/*_test.c)
WORKER_TESTS   := $(call tests,workers/*_test.c workers/steps/*_test.c workers/schedulers/*_test.c)
EDGE_TESTS     := $(call tests,benchmarks/edge/*_test.c)
FLEET_TESTS    := $(call tests,e2e/fleet/*_test.c)
TOOL_TESTS     := $(call tests,e2e/fleet/tools/*_test.c)
TESTS          := $(LIB_TESTS) $(WIRING_TESTS) $(OPERATOR_TESTS) $(WORKER_TESTS) $(EDGE_TESTS) $(FLEET_TESTS) $(TOOL_TESTS)

.PHONY: all programs
all: deps programs  ## build the programs (installs missing Debian packages first)
programs: $(PROGRAMS)
	@:

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BUILD)/berth-operator:  $(WIRING) $(OPERATOR) $(LIB_A)
$(BUILD)/berth-worker:    $(WORKER) $(LIB_A)
$(BUILD)/berth-fleet:     $(FLEET) $(LIB_A)
$(BUILD)/berth-benchmark: $(EDGE)
$(BUILD)/berth-benchmark: LDLIBS = -lcurl -lcjson -lm
$(BUILD)/instructions:    $(call objects,benchmarks/instructions/*.c) $(filter-out $(WIRING),$(OPERATOR)) $(LIB_A)
$(BUILD)/instructions:    LDFLAGS += -Wl,--wrap=random_bytes
$(BUILD)/e2e/watch:       $(call objects,e2e/faults/probe/*.c) $(LIB_A)
SCALE_TOOLS := $(BUILD)/e2e/replay $(BUILD)/e2e/bystander
$(SCALE_TOOLS): $(BUILD)/e2e/%: $(BUILD)/obj/e2e/fleet/tools/%.o $(TOOL) $(LIB_A)
$(PROGRAMS) $(BUILD)/instructions $(BUILD)/e2e/watch $(SCALE_TOOLS):
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(ROOT)/e2e/faults: $(wildcard e2e/faults/*.go e2e/faults/go.mod)
	$(call say,GO,$@)
	$(Q)mkdir -p $(@D) && cd e2e/faults && CGO_ENABLED=0 go build -trimpath -o ../../$@ .

$(ROOT)/e2e/lives: $(wildcard e2e/lives/*.go e2e/lives/go.mod)
	$(call say,GO,$@)
	$(Q)mkdir -p $(@D) && cd e2e/lives && CGO_ENABLED=0 go build -trimpath -o ../../$@ .

.PHONY: cases test-faults
cases: programs $(BUILD)/e2e/watch $(SCALE_TOOLS) $(ROOT)/e2e/faults $(ROOT)/e2e/lives ## what the end-to-end cases run besides the programs
	@:
test-faults: ## unit tests of the fault proxy and of what drives whole lives
	$(Q)cd e2e/faults && go vet . && go test .
	$(Q)cd e2e/lives && go vet . && go test .

define archive
$(BUILD)/lib$(1).a: $(call objects,operator/lib/$(1)/*.c)
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach l,$(LIB),$(eval $(call archive,$(l))))

$(BUILD)/obj/%.o: %.c Makefile VERSION
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -c -o $@ $<

$(LIB_TESTS): $(TESTING) $(LIB_A)
# As an archive, so that a test which plays lib/kube itself gets of the rest only what it uses.
$(BUILD)/liboperator.a: $(OPERATOR)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^
$(WIRING_TESTS): $(filter-out $(BUILD)/obj/operator/main.o,$(WIRING)) $(BUILD)/liboperator.a $(TESTING) $(LIB_A)
$(OPERATOR_TESTS): $(BUILD)/liboperator.a $(TESTING) $(LIB_A)
$(WORKER_TESTS): $(call objects,workers/testing/*.c) $(filter-out $(BUILD)/obj/workers/main.o,$(WORKER)) $(TESTING) $(LIB_A)
$(EDGE_TESTS): $(filter-out %/main.o,$(EDGE))
$(TOOL_TESTS): $(TOOL) $(TESTING) $(LIB_A)
$(FLEET_TESTS): $(call objects,e2e/fleet/testing/*.c) $(filter-out %/main.o,$(FLEET)) $(TESTING) $(LIB_A)
$(TESTS): $(BUILD)/%: $(BUILD)/obj/%.o
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS) -lcmocka
.SECONDARY: $(TESTS:$(BUILD)/%=$(BUILD)/obj/%.o)

# hack/fuzz builds and runs these: VARIANT=fuzz CC=clang.
FUZZERS := $(call tests,operator/controller/*_fuzz.c operator/lib/*/*_fuzz.c)
$(FUZZERS): $(BUILD)/%: $(BUILD)/obj/%.o $(filter-out $(WIRING),$(OPERATOR)) $(TESTING) $(LIB_A)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
.PHONY: fuzzers print-fuzzers
fuzzers: $(FUZZERS)
	@:
print-fuzzers:
	@printf '%s\n' $(FUZZERS)

.PHONY: deps
deps:
	@hack/deps

.PHONY: unit tests
tests: $(TESTS)
	@:
unit: $(TESTS) ## unit tests of this variant
	$(Q)hack/run-tests $(TESTS)

.PHONY: check
check: deps programs ## both compilers, unit tests, layers, format
	$(Q)hack/deps --test
	$(Q)$(MAKE) --no-print-directory unit
	$(Q)$(MAKE) --no-print-directory CC=clang programs tests
	$(Q)hack/scheduler-table --check $(CELLS)
	$(Q)hack/check-layers
	$(Q)hack/check-format

# whose tests are the cells of the table of schedulers
CELLS := $(addprefix $(BUILD)/workers/,change_test engine_test faast_test fission_test probe_test register_test suspend_test sync_test weights_test)
.PHONY: docs
docs: $(CELLS) ## write the table in operator/docs/schedulers.md from the tests
	$(Q)hack/scheduler-table $(CELLS)

.PHONY: test
test: ## all that CI runs: check, sanitizers, clang, end-to-end cases on a real bed
	@hack/test

# libwebsockets opens its libuv plugin by path.
EVLIB  = $(shell pkg-config --variable=libdir libwebsockets)/libwebsockets-evlib_uv.so
IMAGES := $(ROOT)/berth.oci.tar $(ROOT)/berth-benchmark.oci.tar
.PHONY: image
image: $(IMAGES) ## the container images of Berth and of its benchmark, as OCI archives
	@:
$(ROOT)/berth.oci.tar: $(ROOT)/berth-operator $(ROOT)/berth-worker hack/image
	$(Q)hack/image $@ localhost/berth:dev $(filter $(ROOT)/%,$^) $(EVLIB)
$(ROOT)/berth-benchmark.oci.tar: $(ROOT)/berth-benchmark hack/image
	$(Q)hack/image $@ localhost/berth-benchmark:dev $<

.PHONY: demo demo-down
demo: ## from nothing: a real hub, two real edges, onboarded and scheduled
	@hack/deps --bed
	$(Q)$(MAKE) --no-print-directory programs image
	@hack/demo
demo-down: ## stop what the demo started
	@hack/demo down

.PHONY: bench-storm bench-scale
bench-storm: cases ## all clusters at once against the floor of bare requests; N=10000
	@STRICT=1 BED=bench benchmarks/hub/scale-storm $(or $(N),10000)
bench-scale: cases ## memory, storage, the storm, and an hour of silence at 10,000 clusters
	@benchmarks/hub/scale

.PHONY: bench
bench: ## Berth beside its peers on a real API server: QUICK=1, or see benchmarks/README.md
	@hack/deps --bed
	$(Q)$(MAKE) --no-print-directory programs
	@QUICK="$(QUICK)" RUNS="$(RUNS)" N="$(N)" PEERS="$(PEERS)" PUBLISH="$(PUBLISH)" benchmarks/hub/bench

$(ROOT)/bench/%: benchmarks/scores/%.c Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 $(WARN) -O2 -D_GNU_SOURCE -o $@ $< -lcjson -lcrypto -lm

.PHONY: test-scores
test-scores: ## unit tests of what judges the scores
	$(Q)cd benchmarks/scores && python3 -B -m unittest -q judge_test judge_stability_test

.PHONY: bench-stability bench-harmless
bench-stability: programs $(ROOT)/bench/functions ## is the same machine given the same score? see benchmarks/scores
	@benchmarks/scores/stability
bench-harmless: programs $(ROOT)/bench/requests ## what do the probes cost a service beside them? see benchmarks/scores
	@benchmarks/scores/harmless

.PHONY: bench-scores
bench-scores: programs $(ROOT)/bench/functions ## do the scores predict how fast functions run? see benchmarks/scores
	@benchmarks/scores/bench

.PHONY: format
format: ## rewrite the C sources in the house format
	$(Q)git ls-files '*.c' '*.h' | xargs clang-format -i

.PHONY: clean
clean: ## remove what was built here
	$(Q)rm -rf $(ROOT)

-include $(shell [ -d $(BUILD)/obj ] && find $(BUILD)/obj -name '*.d')
