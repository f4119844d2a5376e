/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-resolve.h"

#include <netdb.h>

/* One call of GResolver; outlives the name when that is cleared first. */
struct _CulvertNameLookup
{
  CulvertName *name; /* NULL: nobody wants the answer any more */
  GCancellable *cancellable;
  unsigned *n_lookups;
};

void
culvert_name_wait_init (CulvertNameWait *wait,
                        void (*func) (CulvertNameWait *wait,
                                      CulvertName *name,
                                      const GError *error))
{
  culvert_list_init (&wait->node);
  wait->func = func;
}

void
culvert_name_cancel (CulvertNameWait *wait)
{
  culvert_list_remove (&wait->node);
}

/* Reads a literal, scope of IPv6 included; never asks a server. */
static bool
culvert_name_parse (CulvertName *name, const char *text)
{
  struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM };
  struct addrinfo *info;

  if (getaddrinfo (text, NULL, &hints, &info) != 0)
    return false;
  name->n = 1;
  name->addresses[0].len = info->ai_addrlen;
  memcpy (&name->addresses[0].addr, info->ai_addr, info->ai_addrlen);
  freeaddrinfo (info);
  return true;
}

void
culvert_name_init (CulvertName *name,
                   const char *host,
                   const char *empty_as,
                   GResolver *resolver,
                   unsigned *n_lookups)
{
  memset (name, 0, sizeof *name);
  name->host = host != NULL && *host != '\0' ? host : empty_as;
  name->resolver = resolver;
  name->n_lookups = n_lookups;
  culvert_list_init (&name->waits);
  name->is_numeric = culvert_name_parse (name, name->host);
}

void
culvert_name_clear (CulvertName *name)
{
  CulvertList *node;

  if (name->host == NULL)
    return;
  while ((node = culvert_list_first (&name->waits)) != NULL)
    culvert_list_remove (node);
  if (name->lookup != NULL)
    {
      name->lookup->name = NULL;
      g_cancellable_cancel (name->lookup->cancellable);
      name->lookup = NULL;
    }
  name->host = NULL;
}

static void
culvert_name_store_family (CulvertName *name, GList *list, GSocketFamily family)
{
  for (GList *l = list; l != NULL && name->n < CULVERT_NAME_ADDRESSES; l = l->next)
    {
      CulvertAddress *address = &name->addresses[name->n];
      g_autoptr (GSocketAddress) socket_address = NULL;
      gssize size;

      if (g_inet_address_get_family (l->data) != family)
        continue;
      socket_address = g_inet_socket_address_new (l->data, 0);
      size = g_socket_address_get_native_size (socket_address);
      if (size < 0 || (size_t) size > sizeof address->addr
          || !g_socket_address_to_native (socket_address, &address->addr, sizeof address->addr,
                                          NULL))
        continue;
      address->len = (socklen_t) size;
      name->n++;
    }
}

static void
culvert_name_answer (CulvertName *name, GList *list, const GError *error)
{
  CulvertList *node;
  CulvertList due;

  if (list != NULL)
    {
      name->n = 0;
      culvert_name_store_family (name, list, G_SOCKET_FAMILY_IPV4);
      culvert_name_store_family (name, list, G_SOCKET_FAMILY_IPV6);
      name->answered_at = g_get_monotonic_time ();
    }
  /* A callback may ask again: only those who wait now are served. */
  culvert_list_init (&due);
  while ((node = culvert_list_first (&name->waits)) != NULL)
    {
      culvert_list_remove (node);
      culvert_list_append (&due, node);
    }
  while ((node = culvert_list_first (&due)) != NULL)
    {
      CulvertNameWait *wait = CULVERT_LIST_ENTRY (node, CulvertNameWait, node);

      culvert_list_remove (node);
      wait->func (wait, name, error);
    }
}

static void
culvert_name_resolved_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  CulvertNameLookup *lookup = data;
  CulvertName *name = lookup->name;
  g_autoptr (GError) error = NULL;
  GList *list = g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, &error);

  (*lookup->n_lookups)--;
  g_object_unref (lookup->cancellable);
  g_free (lookup);
  if (name != NULL)
    {
      name->lookup = NULL;
      culvert_name_answer (name, list, error);
    }
  g_resolver_free_addresses (list);
}

bool
culvert_name_lookup (CulvertName *name, CulvertTime max_age, CulvertTime now, CulvertNameWait *wait)
{
  CulvertNameLookup *lookup;

  if (name->is_numeric || (name->n > 0 && now - name->answered_at <= max_age))
    return true;
  culvert_list_append (&name->waits, &wait->node);
  if (name->lookup != NULL)
    return false;
  lookup = g_new0 (CulvertNameLookup, 1);
  lookup->name = name;
  lookup->cancellable = g_cancellable_new ();
  lookup->n_lookups = name->n_lookups;
  name->lookup = lookup;
  (*lookup->n_lookups)++;
  g_resolver_lookup_by_name_async (name->resolver, name->host, lookup->cancellable,
                                   culvert_name_resolved_cb, lookup);
  return false;
}

void
culvert_name_address (const CulvertName *name,
                      unsigned i,
                      uint16_t port,
                      CulvertAddress *out_address)
{
  g_assert (i < name->n);
  *out_address = name->addresses[i];
  if (out_address->addr.sa.sa_family == AF_INET)
    out_address->addr.in.sin_port = g_htons (port);
  else
    out_address->addr.in6.sin6_port = g_htons (port);
}
