/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Key derivation over libgcrypt's PBKDF2; culvert_cipher_init_library comes first.
 *
 * Salt and iterations are fixed by the wire, so equal passwords give equal keys
 * everywhere: the strength of the password is all there is. */
#include "config.h"

#include <gcrypt.h>

#include "culvert-kdf.h"

#define CULVERT_KDF_SALT "kcp-go"
#define CULVERT_KDF_ITERATIONS 4096
#define CULVERT_KDF_LEN 32

int
culvert_kdf_pbkdf2_sha1 (const void *password,
                         size_t password_len,
                         const void *salt,
                         size_t salt_len,
                         unsigned iterations,
                         uint8_t *out,
                         size_t out_len)
{
  gcry_error_t error;

  if (iterations == 0 || out_len == 0)
    return CULVERT_E_INVAL;
  error = gcry_kdf_derive (password, password_len, GCRY_KDF_PBKDF2, GCRY_MD_SHA1, salt, salt_len,
                           iterations, out_len, out);
  return error == 0 ? CULVERT_OK : CULVERT_E_INVAL;
}

int
culvert_kdf_derive (const char *password,
                    uint8_t out[32])
{
  return culvert_kdf_pbkdf2_sha1 (password, strlen (password), CULVERT_KDF_SALT,
                                  strlen (CULVERT_KDF_SALT), CULVERT_KDF_ITERATIONS, out,
                                  CULVERT_KDF_LEN);
}
