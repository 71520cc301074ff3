/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between architectures: system calls, the ELF machine, the real loader's path. */
#ifndef DBG_LD_ARCH_H
#define DBG_LD_ARCH_H

#define LD_STR_(x) #x
#define LD_STR(x) LD_STR_(x)

#if defined(__x86_64__)

#define LD_MACHINE EM_X86_64
#define LD_REAL "/dev/.dbg/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"

static inline long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#elif defined(__aarch64__)

#define LD_MACHINE EM_AARCH64
#define LD_REAL "/dev/.dbg/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1"

static inline long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

#else
#error "the loader shim has no code for this architecture yet"
#endif

#endif
