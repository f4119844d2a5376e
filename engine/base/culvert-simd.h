/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Housekeeping after foreign vector code.
 *
 * ISA-L 2.30 returns from its CRC and erasure code functions without clearing the upper
 * halves of the vector registers. From then on every plain SSE instruction of the thread
 * (libgcrypt's salsa20, our own loops) merges into them: salsa20 took 3.4 instead of 1.4 us
 * per packet. One instruction after such a call ends it. */
#pragma once

#include "culvert-base.h"

#if defined (__x86_64__) || defined (__i386__)

/* A function of its own, so that a compiler using AVX itself keeps its registers across. */
__attribute__ ((target ("avx"), noinline, unused)) static void
culvert_simd_clear_upper (void)
{
  __builtin_ia32_vzeroupper ();
}

static inline void
culvert_simd_clean (void)
{
  if (__builtin_cpu_supports ("avx"))
    culvert_simd_clear_upper ();
}

#else

static inline void
culvert_simd_clean (void)
{
}

#endif
