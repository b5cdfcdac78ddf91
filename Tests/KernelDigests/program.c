// The digests as a program for Linux without a C library, so that one compiler makes it for any processor and an emulator
// runs it: `program 0` prints those of the baseline, 1 of AVX2. Without AVX-512, which QEMU does not know. KernelsTests builds
// and runs it.

#include "KernelDigests.h"

#include <stddef.h>

extern const ck_loops ck_table_baseline;
#if defined(__x86_64__)
extern const ck_loops ck_table_avx2;
#endif

// MARK: What a C library would do

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
    for (size_t i = 0; i < count; i++) ((volatile unsigned char *)to)[i] = ((const unsigned char *)from)[i];
    return to;
}

void *memmove(void *to, const void *from, size_t count) {
    if ((size_t)to <= (size_t)from) return memcpy(to, from, count);
    while (count-- > 0) ((volatile unsigned char *)to)[count] = ((const unsigned char *)from)[count];
    return to;
}

void *memset(void *to, int value, size_t count) {
    for (size_t i = 0; i < count; i++) ((volatile unsigned char *)to)[i] = (unsigned char)value;
    return to;
}

#if defined(__x86_64__)
enum { SYS_WRITE = 1, SYS_EXIT = 60 };

static long call(long number, long a, long b, long c) {
    __asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return number;
}

__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call start\n");
#elif defined(__aarch64__)
enum { SYS_WRITE = 64, SYS_EXIT = 93 };

static long call(long number, long a, long b, long c) {
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}

__asm__(".globl _start\n_start: mov x0, sp\n bl start\n");
#endif

static void print(const char *text) {
    long count = 0;
    while (text[count]) count++;
    call(SYS_WRITE, 1, (long)text, count);
}

// MARK: The program

static const ck_loops *table(char set) {
    if (set == '0') return &ck_table_baseline;
#if defined(__x86_64__)
    if (set == '1') return &ck_table_avx2;
#endif
    return 0;
}

// The words of the stack: count of arguments, arguments.
__attribute__((noreturn, used)) void start(const long *stack) {
    const ck_loops *loops = stack[0] == 2 ? table(*(const char *)stack[2]) : 0;
    for (int operation = 0; loops && operation < KD_OPERATIONS; operation++) {
        unsigned long long digest = kd_digest(operation, loops);
        char digits[18] = {0};
        for (int i = 0; i < 16; i++) digits[i] = "0123456789abcdef"[digest >> (60 - 4 * i) & 15];
        digits[16] = ' ';
        print(digits), print(kd_name(operation)), print("\n");
    }
    call(SYS_EXIT, loops ? 0 : 2, 0, 0);
    __builtin_unreachable();
}
