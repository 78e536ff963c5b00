/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fuzzers' loop without a fuzz engine: seeds as they are, then mutated. */
#include "loop.h"

#include <string.h>
#include <time.h>

enum { ROUNDS = 20000 };

static uint64_t state = 0x9E3779B97F4A7C15;

/* xorshift64* */
size_t random_below(size_t n)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (size_t)((state * 0x2545F4914F6CDD1D >> 32) % n);
}

static bool read_seed(const char *path, Seed *seed)
{
    FILE *f = fopen(path, "rb");
    long length;

    if (!f) {
        return false;
    }
    if (fseek(f, 0, SEEK_END) || (length = ftell(f)) < 0 || length > 1 << 24) {
        fclose(f);
        return false;
    }
    rewind(f);
    seed->size = (size_t)length;
    seed->bytes = malloc(seed->size + 1);
    require(seed->bytes && fread(seed->bytes, 1, seed->size, f) == seed->size, "a seed can be read");
    fclose(f);
    return true;
}

/* One input in memory of exactly its size, so that a read beyond it is seen. */
static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1);

    require(exact != NULL, "memory");
    memcpy(exact, bytes, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

int fuzz_loop(const Fuzzer *f, Seed *seeds, int count, int argc, char **argv)
{
    int seconds = 0, failed = 0, built_in = count;
    long done = 0;
    time_t start = time(NULL);

    for (int i = 1; i < argc && count < MAX_SEEDS; i++) {
        if (!strncmp(argv[i], "seconds=", 8)) {
            seconds = atoi(argv[i] + 8);
        } else if (read_seed(argv[i], &seeds[count])) {
            count++;
        } else {
            printf("cannot read %s\n", argv[i]);
            failed++;
        }
    }
    if (count == built_in && f->fallback && read_seed(f->fallback, &seeds[count])) {
        count++;
    }
    for (int i = 0; i < count; i++, done++) {
        run(seeds[i].bytes, seeds[i].size);
    }
    for (long round = 0; seconds ? time(NULL) - start < seconds : round < ROUNDS; round++, done++) {
        const Seed *s = &seeds[f->pick(round, count)];
        uint8_t *b = malloc(s->size + f->growth + 1);

        require(b != NULL, "memory");
        memcpy(b, s->bytes, s->size);
        run(b, f->mutate(b, s->size));
        free(b);
    }
    for (int i = 0; i < count; i++) {
        free(seeds[i].bytes);
    }
    printf("%s: %ld passed, %d failed\n", f->name, done, failed);
    return failed > 0;
}
