# SPDX-License-Identifier: Apache-2.0
# A thin front for people; meson and ninja do the work. `make help` lists what there is.

BUILD ?= build
BUILD_ASAN ?= build-asan
T ?= 60
PYTHON := /usr/bin/python3
PACKAGES := $(shell sed 's/\#.*//' packaging/dependencies)

.DEFAULT_GOAL := build
.PHONY: help deps build build-asan check fuzz mutants vm demo install clean

help:
	@echo 'make deps        install the Debian packages of packaging/dependencies that are missing (root)'
	@echo 'make build       build aditd and adit into $(BUILD)/'
	@echo 'make build-asan  the same with address and undefined-behaviour sanitizers and fuzz targets (clang), into $(BUILD_ASAN)/'
	@echo 'make check       all of it: both builds, unit tests, simulator, fuzz smoke, interoperability, demo (root)'
	@echo 'make fuzz        every fuzz target for T seconds (T=$(T)); what they find is kept in $(BUILD_ASAN)/fuzz-found/'
	@echo 'make mutants     plants every fault of tests/mutants in turn; the tests must catch each'
	@echo 'make vm          kernel IPsec, libreswan and OpenIKED in a virtual machine (qemu; root)'
	@echo 'make demo        a tunnel between two namespaces, shown and taken down again (root); KEEP=1 leaves it up'
	@echo 'make install     install; DESTDIR is honoured'
	@echo 'make clean       remove the build folders'

deps:
	@missing=; for package in $(PACKAGES); do \
		dpkg-query -W -f '$${db:Status-Status}\n' $$package 2>/dev/null | grep -qx installed || missing="$$missing $$package"; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" != 0 ]; then \
		echo "These packages are missing; as root: apt-get install$$missing" >&2; exit 1; \
	fi; \
	echo "installing:$$missing"; \
	export DEBIAN_FRONTEND=noninteractive; \
	apt-get update -q && apt-get install -y -q --no-install-recommends $$missing

$(BUILD)/build.ninja:
	meson setup $(BUILD)

$(BUILD_ASAN)/build.ninja:
	CC=clang meson setup $(BUILD_ASAN) -Db_sanitize=address,undefined -Db_lundef=false -Dfuzz=true \
		-Dc_args=-fsanitize=fuzzer-no-link

build: $(BUILD)/build.ninja
	ninja -C $(BUILD)

build-asan: $(BUILD_ASAN)/build.ninja
	ninja -C $(BUILD_ASAN)

check: deps
	@$(PYTHON) tests/run.py --build $(BUILD) --build-asan $(BUILD_ASAN)

fuzz: deps
	@$(PYTHON) tests/run.py --build-asan $(BUILD_ASAN) --fuzz $(T)

mutants: deps build
	@$(PYTHON) tests/mutants/run.py --build $(BUILD)

vm: deps build
	@$(PYTHON) tests/vm/run.py --build $(BUILD)

demo: deps
	@[ -x $(BUILD)/src/daemon/aditd ] || echo 'demo: building first, which takes some minutes'
	@$(MAKE) --no-print-directory build
	@BUILD=$(BUILD) tests/demo.sh

install: build
	meson install -C $(BUILD) --no-rebuild

clean:
	rm -rf $(BUILD) $(BUILD_ASAN) .demo
