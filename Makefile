# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds everything under build/: liblac, the tests, a trimmed FFmpeg with the filter, the demo.

.DEFAULT_GOAL := all
include build/config.mak
# Written by configure, which runs again, with the same options, when it is newer.
build/config.mak: configure
	./configure $(CONFIGURE_ARGS)

B := build
VERSION := $(shell sed -n 's/^\#define LAC_VERSION_M[A-Z]* //p; s/^\#define LAC_VERSION_PATCH //p' engine/lac.h | paste -sd.)
MAJOR := $(firstword $(subst ., ,$(VERSION)))
SONAME := liblac.so.$(MAJOR)

CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Werror
BASE := -std=c11 $(WARN) -fopenmp -fPIC -Iengine -I$(B) -include $(B)/config.h -MMD -MP
LAC_CFLAGS = $(BASE) $(CFLAGS) -fvisibility=hidden -DLAC_BUILD $(EXTRA_CFLAGS)
LAC_LIBS = -fopenmp -ldnnl -lpng -lz -lm $(EXTRA_LDFLAGS)
SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

LAC_SRC := $(wildcard engine/*.c engine/net/*.c engine/ops/*.c engine/ops/ref/*.c engine/ops/cpu/*.c) \
           $(wildcard engine/ops/cuda/stub.c)
LAC_OBJ := $(LAC_SRC:%.c=$(B)/obj/%.o)
ASAN_OBJ := $(LAC_SRC:%.c=$(B)/asan/obj/%.o)
TEST_SRC := $(wildcard tests/engine/test_*.c)
TEST_AUX := $(filter-out $(TEST_SRC),$(wildcard tests/engine/*.c))
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_AUX := $(filter-out $(FUZZ_SRC),$(wildcard tests/fuzz/*.c))
BENCH_SRC := $(wildcard tests/bench/bench_*.c)
BENCH_AUX := $(filter-out $(BENCH_SRC),$(wildcard tests/bench/*.c))
TESTS := $(TEST_SRC:tests/engine/%.c=$(B)/tests/%)
ASAN_TESTS := $(TEST_SRC:tests/engine/%.c=$(B)/asan/tests/%)
FUZZERS := $(FUZZ_SRC:tests/fuzz/%.c=$(B)/asan/fuzz/%)
BENCHES := $(BENCH_SRC:tests/bench/%.c=$(B)/bench/%)
WEIGHTS := $(wildcard weights/*.safetensors)

LIBS := $(B)/lib/$(SONAME) $(B)/lib/liblac.so $(B)/lib/liblac.a
STAGED := $(B)/include/liblac/lac.h $(B)/lib/pkgconfig/liblac.pc $(B)/share/liblac/weights

.PHONY: all help check fate test bench fuzz ffmpeg demo weights install tidy clean distclean FORCE
.SECONDARY:
.DELETE_ON_ERROR:

all: $(LIBS) $(STAGED)

help:
	@echo 'make            liblac in build/lib'
	@echo 'make ffmpeg     FFmpeg with the filter: build/bin/ffmpeg, build/bin/ffprobe'
	@echo 'make demo       a coloured shot: build/demo/coloured.mp4 and build/demo/sheet.png'
	@echo 'make check      the tests of liblac; make fate: those of the filter; make test: both'
	@echo 'make bench      timings; make fuzz: fuzzers, FUZZ_SECONDS=60 each'
	@echo 'make install    into PREFIX ($(PREFIX)), under DESTDIR'
	@echo 'make tidy       clang-tidy and cppcheck; make clean: removes what was built, not FFmpeg'

# --- liblac ---

$(B)/obj/%.o: %.c $(B)/config.h
	@mkdir -p $(@D)
	$(CC) $(LAC_CFLAGS) -c $< -o $@

$(B)/lib/liblac.so.$(VERSION): $(LAC_OBJ)
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-soname,$(SONAME) -Wl,-z,defs $(LAC_OBJ) $(LAC_LIBS) -o $@

$(B)/lib/$(SONAME): $(B)/lib/liblac.so.$(VERSION)
	ln -sf $(<F) $@

$(B)/lib/liblac.so: $(B)/lib/$(SONAME)
	ln -sf $(<F) $@

$(B)/lib/liblac.a: $(LAC_OBJ)
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $^

# The build tree looks like an installed one, so that programs built against it run as they are.
$(B)/include/liblac/lac.h: engine/lac.h
	@mkdir -p $(@D)
	cp $< $@

$(B)/lib/pkgconfig/liblac.pc: engine/liblac.pc.in $(B)/config.mak
	@mkdir -p $(@D)
	sed -e 's|@PREFIX@|$(CURDIR)/$(B)|' -e 's|@VERSION@|$(VERSION)|' $< >$@

$(B)/share/liblac/weights: $(WEIGHTS) FORCE
	@mkdir -p $@
	@find $@ -xtype l -exec rm -f {} +
	@for w in $(WEIGHTS); do ln -sf $(CURDIR)/$$w $@/; done

# --- tests of liblac: linked with the static library, whose internal symbols they use ---

TEST_CFLAGS = $(BASE) $(CFLAGS) -Itests/engine $(EXTRA_CFLAGS)

$(B)/obj/tests/%.o: tests/%.c $(B)/config.h
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -c $< -o $@

$(B)/asan/obj/%.o: %.c $(B)/config.h
	@mkdir -p $(@D)
	$(CC) $(BASE) -O1 -g $(SAN) -Itests/engine -DLAC_BUILD $(EXTRA_CFLAGS) -c $< -o $@

$(B)/asan/liblac.a: $(ASAN_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(B)/tests/%: $(B)/obj/tests/engine/%.o $(TEST_AUX:%.c=$(B)/obj/%.o) $(B)/lib/liblac.a
	@mkdir -p $(@D)
	$(CC) $^ $(LAC_LIBS) -o $@

$(B)/bench/%: $(B)/obj/tests/bench/%.o $(BENCH_AUX:%.c=$(B)/obj/%.o) $(B)/lib/liblac.a
	@mkdir -p $(@D)
	$(CC) $^ $(LAC_LIBS) -o $@

$(B)/asan/tests/%: $(B)/asan/obj/tests/engine/%.o $(TEST_AUX:%.c=$(B)/asan/obj/%.o) $(B)/asan/liblac.a
	@mkdir -p $(@D)
	$(CC) $(SAN) $^ $(LAC_LIBS) -o $@

$(B)/asan/fuzz/%: $(B)/asan/obj/tests/fuzz/%.o $(FUZZ_AUX:%.c=$(B)/asan/obj/%.o) $(B)/asan/liblac.a
	@mkdir -p $(@D)
	$(CC) $(SAN) $^ $(LAC_LIBS) -o $@

$(B)/tests/evidence/evidence: tests/evidence/evidence.c $(B)/lib/liblac.a
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -MF $@.d $^ $(LAC_LIBS) -o $@

$(B)/tests/clip/clip: $(wildcard tests/clip/*.c tests/clip/*.h)
	@[ '$(HAVE_CAIRO)' = yes ] || { echo 'The demo clip needs cairo: apt-get install libcairo2-dev pkgconf' >&2; exit 1; }
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARN) $(CFLAGS) $(CAIRO_CFLAGS) $(filter %.c,$^) $(CAIRO_LIBS) -lpng -lm -o $@

CHECKS = tests/includes.sh $(TESTS) $(if $(PYTHON),'tests/stages.sh $(PYTHON)') $(if $(PYTHON),'$(PYTHON) weights/train/check.py') $(ASAN_TESTS) $(FUZZERS)
FATES = tests/fate.sh tests/errors.sh tests/demo_test.sh

check: all $(TESTS) $(ASAN_TESTS) $(FUZZERS)
	@tests/sum.sh $(CHECKS)

fate: ffmpeg $(B)/tests/clip/clip
	@tests/sum.sh $(FATES)

test: all $(TESTS) $(ASAN_TESTS) $(FUZZERS) ffmpeg $(B)/tests/clip/clip
	@tests/sum.sh $(CHECKS) $(FATES)

FUZZ_SECONDS ?= 60
fuzz: $(FUZZERS)
	@tests/sum.sh $(foreach f,$(FUZZERS),'$(f) seconds=$(FUZZ_SECONDS)')

bench: all $(BENCHES) $(B)/tests/clip/clip
	@$(B)/bench/bench_ops
	@tests/bench/frame.sh $(B)
	@rm -rf $(B)/bench/clip && $(B)/tests/clip/clip --frames 12 $(B)/bench/clip
	@for p in fp32 bf16; do for t in 1 2; do echo "$$p, $$t threads:"; $(B)/bench/bench_video $(B)/bench/clip 12 $$t $$p || exit 1; done; done

# --- FFmpeg ---

ffmpeg: all
	@[ -z '$(FFMPEG_MISSING)' ] || { echo 'make ffmpeg needs: apt-get install$(FFMPEG_MISSING)' >&2; exit 1; }
	FFMPEG_SRC='$(FFMPEG_SRC)' CC='$(CC)' patches/build.sh $(B)

demo: ffmpeg $(B)/tests/clip/clip
	tests/demo.sh $(B)/demo

# --- training: docs/training.md ---

PRESET ?= small
MINUTES ?= 120
PROVENANCE ?= Trained by weights/train/train.py on generated shots for $(MINUTES) minutes

weights:
	OMP_WAIT_POLICY=PASSIVE MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184 \
	    /usr/bin/python3 weights/train/train.py --preset $(PRESET) --out $(B)/train/$(PRESET) --minutes $(MINUTES) $(TRAIN_FLAGS)
	/usr/bin/python3 weights/train/export.py $(B)/train/$(PRESET)/last.pt weights/$(PRESET).safetensors \
	    --preset $(PRESET) --provenance '$(PROVENANCE)'

# --- the rest ---

install: all
	install -d '$(DESTDIR)$(PREFIX)/lib/pkgconfig' '$(DESTDIR)$(PREFIX)/include/liblac' '$(DESTDIR)$(WEIGHTS_DIR)'
	install -m 755 $(B)/lib/liblac.so.$(VERSION) '$(DESTDIR)$(PREFIX)/lib/'
	ln -sf liblac.so.$(VERSION) '$(DESTDIR)$(PREFIX)/lib/$(SONAME)'
	ln -sf $(SONAME) '$(DESTDIR)$(PREFIX)/lib/liblac.so'
	install -m 644 $(B)/lib/liblac.a '$(DESTDIR)$(PREFIX)/lib/'
	install -m 644 engine/lac.h '$(DESTDIR)$(PREFIX)/include/liblac/'
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' engine/liblac.pc.in \
	    >'$(DESTDIR)$(PREFIX)/lib/pkgconfig/liblac.pc'
	$(if $(WEIGHTS),install -m 644 $(WEIGHTS) '$(DESTDIR)$(WEIGHTS_DIR)/')

TIDY_SRC = $(LAC_SRC) $(TEST_SRC) $(TEST_AUX) $(FUZZ_SRC) $(FUZZ_AUX) $(BENCH_SRC) $(BENCH_AUX)
tidy: $(B)/config.h
	clang-tidy --quiet --warnings-as-errors='*' $(TIDY_SRC) -- -std=c11 -fopenmp -Iengine -I$(B) -Itests/engine -DLAC_BUILD
	$(if $(wildcard tests/clip/*.c),clang-tidy --quiet --warnings-as-errors='*' $(wildcard tests/clip/*.c) -- -std=c11 $(CAIRO_CFLAGS))
	cppcheck --quiet --std=c11 --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
	    --suppress=missingIncludeSystem -Iengine -I$(B) -DLAC_BUILD $(TIDY_SRC)

clean:
	rm -rf $(B)/obj $(B)/asan $(B)/tests $(B)/bench $(B)/demo $(B)/fate $(B)/include/liblac $(B)/share/liblac $(B)/lib/liblac.*

distclean:
	rm -rf $(B)

-include $(shell find $(B)/obj $(B)/asan -name '*.d' 2>/dev/null)
