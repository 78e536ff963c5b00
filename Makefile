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
LAC_LIBS = -fopenmp $(if $(filter no,$(ONEDNN_VERSION)),,-ldnnl) $(if $(filter no,$(PICTURES)),,-lpng -lz) -lm -ldl $(EXTRA_LDFLAGS)
SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

# Without oneDNN absent.c stands for the CPU's back end. Of ops/cuda only loader.c is part of liblac.
CPU_SRC := $(if $(filter no,$(ONEDNN_VERSION)),engine/ops/cpu/absent.c,$(filter-out %/absent.c,$(wildcard engine/ops/cpu/*.c)))
LAC_SRC := $(wildcard engine/*.c engine/*/*.c engine/ops/ref/*.c) $(CPU_SRC) engine/ops/cuda/loader.c
LAC_OBJ = $(LAC_SRC:%.c=$(B)/obj/%.o)
ASAN_OBJ = $(LAC_SRC:%.c=$(B)/asan/obj/%.o)
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

# liblac_cuda.so, with copies of the few files of ops/ that back ends share.
CUDA_C := $(filter-out %/loader.c,$(wildcard engine/ops/cuda/*.c))
CUDA_CU := $(wildcard engine/ops/cuda/*.cu)
CUDA_OBJ := $(CUDA_C:engine/%.c=$(B)/cuda/%.o) $(CUDA_CU:engine/%.cu=$(B)/cuda/%.cu.o) \
            $(patsubst %,$(B)/obj/engine/%.o,common ops/check ops/tensor)
CUDA_LIB := $(if $(filter yes,$(CUDA)),$(B)/lib/liblac_cuda.so)
# What must be the same on both sides of dlopen: engine/ops/cuda/library.h.
CUDA_ABI := $(shell cat engine/lac.h engine/common.h engine/ops/tensor.h engine/ops/ops.h engine/ops/backend.h engine/ops/cuda/library.h \
              engine/ops/cuda/frames.h engine/ops/cuda/*_cuda.h engine/ops/cuda/*_math.h engine/math/*.h | cksum | cut -d' ' -f1)
CUDA_ABI_FLAG = -DLAC_CUDA_ABI='"$(VERSION)-$(CUDA_ABI)"'
CUDA_WARN := -Werror all-warnings -Xcompiler -Wall,-Wextra,-Werror
# Machine code of each architecture, and code of the last one that newer GPUs translate.
CUDA_CODE = $(foreach a,$(CUDA_ARCHS),-gencode arch=compute_$(a),code=sm_$(a)) \
            -gencode arch=compute_$(lastword $(CUDA_ARCHS)),code=compute_$(lastword $(CUDA_ARCHS))

LIBS := $(B)/lib/liblac.a $(CUDA_LIB)
ifeq ($(PICTURES),no)
LAC_SRC := $(filter-out engine/picture/pack.c engine/picture/rgba_pack.c engine/picture/picture_png.c,$(LAC_SRC))
else
LIBS += $(B)/lib/$(SONAME) $(B)/lib/liblac.so
endif
STAGED := $(B)/include/liblac/lac.h $(B)/lib/pkgconfig/liblac.pc $(B)/share/liblac/weights

.PHONY: all help check fate test soak bench fuzz ffmpeg demo weights install tidy clean distclean FORCE
.SECONDARY:
.DELETE_ON_ERROR:

all: $(LIBS) $(STAGED)

help:
	@echo 'make            liblac in build/lib; CUDA_ARCHS=90 for one GPU architecture alone'
	@echo 'make ffmpeg     FFmpeg with the filter: build/bin/ffmpeg, build/bin/ffprobe'
	@echo 'make demo       a coloured shot: build/demo/coloured.mp4 and build/demo/sheet.png'
	@echo 'make check      the tests of liblac; make fate: those of the filter; make test: both'
	@echo 'make soak       memory of long 1080p streams: an hour or so'
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

$(B)/obj/engine/ops/cuda/loader.o $(B)/asan/obj/engine/ops/cuda/loader.o $(B)/cuda/ops/cuda/backend.o: CFLAGS += $(CUDA_ABI_FLAG)
$(B)/asan/obj/engine/ops/cuda/loader.o: EXTRA_CFLAGS += $(CUDA_ABI_FLAG)

$(B)/cuda/%.o: engine/%.c $(B)/config.h
	@mkdir -p $(@D)
	$(CC) $(LAC_CFLAGS) $(CUDA_CFLAGS) -c $< -o $@

$(B)/cuda/%.cu.o: engine/%.cu $(B)/config.h
	@mkdir -p $(@D)
	$(NVCC) -std=c++17 -O2 $(CUDA_CODE) -Iengine -DLAC_BUILD $(subst -isystem,-I,$(CUDA_CFLAGS)) -MMD -MP $(CUDA_WARN) \
	    -Xcompiler -fPIC,-fvisibility=hidden -c $< -o $@

$(B)/lib/liblac_cuda.so: $(CUDA_OBJ)
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-soname,$(@F) -Wl,-z,defs -Wl,--exclude-libs,ALL $^ $(CUDA_LIBS) -lstdc++ -lm -fopenmp $(EXTRA_LDFLAGS) -o $@

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

# The CUDA back end on the CPU, with stand-ins for CUDA's and cuDNN's headers: needs neither. Then cuDNN's choices of
# engines where it is installed, and a library of another build.
EMULATED_OBJ := $(patsubst engine/ops/cuda/%.cu,$(B)/emulated/%.cu.o,$(CUDA_CU)) \
                $(patsubst engine/ops/cuda/%.c,$(B)/emulated/%.o,$(filter-out %/plan.c,$(CUDA_C))) \
                $(patsubst %,$(B)/emulated/%.o,emulate emulate_plan emulate_loader)
EMULATED_TESTS := $(patsubst tests/cuda/%.c,$(B)/tests/%,$(filter-out %/test_cuda_plans.c,$(wildcard tests/cuda/test_*.c)))
EMULATED_VECTORS := $(B)/tests/test_stages_emulated $(B)/tests/test_refine_emulated
EMULATED = -g -O2 -fPIC $(WARN) -fopenmp -Iengine -Itests/cuda/include -Itests/engine -DLAC_BUILD -MMD -MP $(CUDA_ABI_FLAG) $(EXTRA_CFLAGS)
CXX ?= g++

$(B)/emulated/%.cu.o: engine/ops/cuda/%.cu
	@mkdir -p $(@D)
	$(CXX) -x c++ -std=c++17 $(EMULATED) -Wno-unknown-pragmas -c $< -o $@

$(B)/emulated/%.o: engine/ops/cuda/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 $(EMULATED) -c $< -o $@

$(B)/emulated/%.o: tests/cuda/%.cpp
	@mkdir -p $(@D)
	$(CXX) -std=c++17 $(EMULATED) -c $< -o $@

$(B)/emulated/%.o: tests/cuda/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 $(EMULATED) -c $< -o $@

$(EMULATED_TESTS): $(B)/tests/%: $(B)/emulated/%.o
$(EMULATED_VECTORS): $(B)/tests/%_emulated: $(B)/obj/tests/engine/%.o
$(EMULATED_TESTS) $(EMULATED_VECTORS): $(EMULATED_OBJ) $(TEST_AUX:%.c=$(B)/obj/%.o) $(B)/lib/liblac.a
	@mkdir -p $(@D)
	$(CXX) $(filter-out %.a,$^) $(filter %.a,$^) $(LAC_LIBS) -o $@

# The emulated back end as liblac_cuda.so, and the driver's library: for the filter's tests and those of device frames.
STANDINS := $(B)/emulated/lib/liblac_cuda.so $(B)/emulated/lib/libcuda.so.1

$(B)/emulated/lib/liblac_cuda.so: $(filter-out %/emulate_loader.o,$(EMULATED_OBJ)) $(patsubst %,$(B)/obj/engine/%.o,common ops/check ops/tensor)
	@mkdir -p $(@D)
	$(CXX) -shared -fopenmp -Wl,-soname,$(@F) -Wl,-z,defs $^ -lm -ldl -o $@

$(B)/emulated/lib/libcuda.so.1: tests/cuda/driver/driver.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -g -O2 -fPIC $(WARN) -shared -Wl,-soname,$(@F) $< -o $@

DRIVER_TESTS := $(B)/tests/test_cuda_device_frames $(B)/tests/test_cuda_device_held
$(DRIVER_TESTS): EXTRA_LDFLAGS += -Wl,--enable-new-dtags,-rpath,$(CURDIR)/$(B)/emulated/lib
$(DRIVER_TESTS): | $(STANDINS)

$(B)/tests/test_cuda_plans: tests/cuda/test_cuda_plans.c $(B)/cuda/ops/cuda/plan.o $(B)/lib/liblac.a
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) $(CUDA_CFLAGS) $^ $(CUDA_LIBS) $(LAC_LIBS) -o $@

# The same tests with the kernels on a GPU: built where CUDA is, run by tests/gpu.sh. Not the operations', which have
# tests/engine/test_cuda.c.
GPU_TESTS := $(patsubst tests/cuda/%.c,$(B)/tests/gpu/%,$(filter-out %_emulated.c %_plans.c %_device_frames.c %_device_held.c %_bus.c,$(wildcard tests/cuda/test_*.c)))
$(GPU_TESTS): $(B)/tests/gpu/%: tests/cuda/%.c $(CUDA_OBJ) $(B)/lib/liblac.a
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) $(CUDA_CFLAGS) -MF $@.d $^ $(CUDA_LIBS) $(LAC_LIBS) -lstdc++ -o $@

$(B)/tests/wrong_cuda.so: tests/cuda/wrong.c
	@mkdir -p $(@D)
	$(CC) $(BASE) -shared $< -o $@

$(B)/tests/clip/clip: $(wildcard tests/clip/*.c tests/clip/*.h)
	@[ '$(HAVE_CAIRO)' = yes ] || { echo 'The demo clip needs cairo: apt-get install libcairo2-dev pkgconf' >&2; exit 1; }
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARN) $(CFLAGS) $(CAIRO_CFLAGS) $(filter %.c,$^) $(CAIRO_LIBS) -lpng -lm -o $@

# Where the tests find the CUDA back end, and one that does not fit.
export LAC_CUDA_WRONG = $(CURDIR)/$(B)/tests/wrong_cuda.so
ifneq ($(CUDA_LIB),)
export LAC_CUDA ?= $(CURDIR)/$(CUDA_LIB)
endif
CUDA_PROGRAMS = $(EMULATED_TESTS) $(EMULATED_VECTORS) $(if $(CUDA_LIB),$(B)/tests/test_cuda_plans $(GPU_TESTS))
CUDA_TESTS = $(EMULATED_TESTS) '$(B)/tests/test_stages_emulated tests/engine/vectors/tiny.k2.safetensors' \
             '$(B)/tests/test_refine_emulated tests/engine/vectors/tiny.t3.safetensors' $(if $(CUDA_LIB),$(B)/tests/test_cuda_plans 'tests/cuda/fused.sh $(NVCC) $(subst -isystem,-I,$(CUDA_CFLAGS))')
CHECKS = tests/includes.sh tests/nv_headers.sh $(TESTS) $(CUDA_TESTS) $(if $(PYTHON),'tests/stages.sh $(PYTHON)') $(if $(PYTHON),'$(PYTHON) weights/train/check.py') $(ASAN_TESTS) $(FUZZERS)
FATES = tests/fate.sh tests/errors.sh tests/no_cuda.sh tests/evidence.sh tests/demo_test.sh tests/memory.sh $(if $(filter yes,$(FFNVCODEC)),tests/cuda_frames.sh)

check: all $(TESTS) $(CUDA_PROGRAMS) $(B)/tests/wrong_cuda.so $(ASAN_TESTS) $(FUZZERS)
	@tests/sum.sh $(CHECKS)

fate: ffmpeg $(B)/tests/clip/clip $(B)/tests/evidence/evidence $(STANDINS)
	@tests/sum.sh $(FATES)

test: all $(TESTS) $(CUDA_PROGRAMS) $(B)/tests/wrong_cuda.so $(ASAN_TESTS) $(FUZZERS) ffmpeg $(B)/tests/clip/clip $(B)/tests/evidence/evidence $(STANDINS)
	@tests/sum.sh $(CHECKS) $(FATES)

# 1920x1080, 2,000 frames that wait and 20,000 in a row: an hour or so
soak: ffmpeg $(B)/tests/clip/clip
	@tests/memory.sh soak

FUZZ_SECONDS ?= 60
fuzz: $(FUZZERS)
	@tests/sum.sh $(foreach f,$(FUZZERS),'$(f) seconds=$(FUZZ_SECONDS)')

bench: all $(BENCHES) $(B)/tests/clip/clip
	@$(B)/bench/bench_ops
	@tests/bench/frame.sh $(B)
	@rm -rf $(B)/bench/clip && $(B)/tests/clip/clip --frames 12 $(B)/bench/clip
	@for p in auto fp32; do for t in 1 2; do echo "$$p, $$t threads:"; $(B)/bench/bench_video $(B)/bench/clip 12 $$t $$p || exit 1; done; done

# --- FFmpeg ---

ffmpeg: all
	@[ -z '$(FFMPEG_MISSING)' ] || { echo 'make ffmpeg needs: apt-get install$(FFMPEG_MISSING)' >&2; exit 1; }
	FFMPEG_SRC='$(FFMPEG_SRC)' FFNVCODEC='$(FFNVCODEC)' CC='$(CC)' patches/build.sh $(B)

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
	    --preset $(PRESET) --provenance '$(PROVENANCE)' \
	    $(if $(wildcard weights/$(PRESET).safetensors),--refinement weights/$(PRESET).safetensors)

# --- the rest ---

install: all
	install -d '$(DESTDIR)$(PREFIX)/lib/pkgconfig' '$(DESTDIR)$(PREFIX)/include/liblac' '$(DESTDIR)$(WEIGHTS_DIR)'
	install -m 755 $(B)/lib/liblac.so.$(VERSION) '$(DESTDIR)$(PREFIX)/lib/'
	ln -sf liblac.so.$(VERSION) '$(DESTDIR)$(PREFIX)/lib/$(SONAME)'
	ln -sf $(SONAME) '$(DESTDIR)$(PREFIX)/lib/liblac.so'
	$(if $(CUDA_LIB),install -m 755 $(CUDA_LIB) '$(DESTDIR)$(PREFIX)/lib/')
	install -m 644 $(B)/lib/liblac.a '$(DESTDIR)$(PREFIX)/lib/'
	install -m 644 engine/lac.h '$(DESTDIR)$(PREFIX)/include/liblac/'
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' engine/liblac.pc.in \
	    >'$(DESTDIR)$(PREFIX)/lib/pkgconfig/liblac.pc'
	$(if $(WEIGHTS),install -m 644 $(WEIGHTS) '$(DESTDIR)$(WEIGHTS_DIR)/')

# One file at a time: with several its checker of va_list takes what it knows of one for another.
TIDY_SRC = $(LAC_SRC) $(TEST_SRC) $(TEST_AUX) $(FUZZ_SRC) $(FUZZ_AUX) $(BENCH_SRC) $(BENCH_AUX)
tidy: $(B)/config.h
	printf '%s\n' $(TIDY_SRC) | xargs -P 2 -I{} clang-tidy --quiet --warnings-as-errors='*' {} -- -std=c11 -fopenmp -Iengine -I$(B) -Itests/engine -DLAC_BUILD
	$(if $(wildcard tests/clip/*.c),clang-tidy --quiet --warnings-as-errors='*' $(wildcard tests/clip/*.c) -- -std=c11 $(CAIRO_CFLAGS))
	cppcheck --quiet --std=c11 --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
	    --suppress=missingIncludeSystem -Iengine -I$(B) -DLAC_BUILD $(TIDY_SRC)

clean:
	rm -rf $(B)/obj $(B)/cuda $(B)/emulated $(B)/asan $(B)/tests $(B)/bench $(B)/demo $(B)/fate $(B)/include/liblac $(B)/share/liblac $(B)/lib/liblac.*

distclean:
	rm -rf $(B)

-include $(shell find $(B)/obj $(B)/cuda $(B)/emulated $(B)/asan -name '*.d' 2>/dev/null)
