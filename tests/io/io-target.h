/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A target for tunnels under test: a thread that accepts and does with each connection what the
 * test asked for. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct _IoTarget IoTarget;

typedef enum
{
  IO_TARGET_ECHO,     /* sends back what it gets; closes after the peer's end of file */
  IO_TARGET_SPEAK,    /* sends speak_len bytes of the pattern and its end; discards input */
  IO_TARGET_ANSWER,   /* reads to the end of file, then sends "answer", then closes */
  IO_TARGET_HOLD,     /* accepts, reads nothing, keeps the connection */
  IO_TARGET_RESET,    /* waits for a byte, then resets the connection */
} IoTargetKind;

/* path NULL: TCP on 127.0.0.1. */
IoTarget *io_target_new (IoTargetKind kind, const char *path, size_t speak_len);
void io_target_free (IoTarget *target);
uint16_t io_target_port (const IoTarget *target);
unsigned io_target_n_accepted (const IoTarget *target);
/* Connections that ended by the peer's end of file, and bytes got over all. */
unsigned io_target_n_ended (const IoTarget *target);
uint64_t io_target_n_bytes (const IoTarget *target);

/* Byte i of the pattern. */
static inline uint8_t
io_pattern (size_t i)
{
  return (uint8_t) ((i * 2654435761u) >> 13);
}
