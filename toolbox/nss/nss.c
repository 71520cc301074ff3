/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libnss_dbg: what an image without /etc/passwd and /etc/hosts does not say and
 * half of all tools want to know: who I am, who root is, where localhost is.
 * nsswitch.conf asks "files" first, so an image that does say it is believed.
 *
 * Loaded by the toolbox's libc alone. Linked with nothing: the few functions it
 * calls are that libc's own.
 */
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <nss.h>
#include <pwd.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define HOME "/dev/.session/home"
#define SHELL "/dev/bash"

/* The caller's buffer, from which all strings and tables are cut. */
struct room {
	char *at;
	size_t left;
};

static void *room_take(struct room *r, size_t size, size_t align)
{
	size_t skip = (align - (uintptr_t)r->at % align) % align;

	if (r->left < skip || r->left - skip < size)
		return NULL;

	char *out = r->at + skip;

	r->at = out + size;
	r->left -= skip + size;
	return out;
}

static char *room_copy(struct room *r, const char *text)
{
	size_t size = strlen(text) + 1;
	char *out = room_take(r, size, 1);

	return out ? memcpy(out, text, size) : NULL;
}

/*
 * Beside the session's own ids. tcpdump, which as root becomes "tcpdump", and
 * ngrep, which becomes "nobody", end where there is no such account.
 */
static const struct known {
	const char *name;
	unsigned int id;
} users[] = { { "root", 0 }, { "nobody", 65534 }, { "tcpdump", 65534 }, { NULL, 0 } },
  groups[] = { { "root", 0 }, { "nogroup", 65534 }, { NULL, 0 } };

/* The name that an id has here: a known one, or the digits of `own`; NULL for none. */
static const char *name_of(const struct known *known, unsigned int id, unsigned int own,
			   char digits[static 11])
{
	char *at = digits + 10;

	for (; known->name; known++)
		if (known->id == id)
			return known->name;
	if (id != own)
		return NULL;
	for (*at = '\0'; id; id /= 10)
		*--at = (char)('0' + id % 10);
	return at;
}

static bool id_of(const struct known *known, const char *name, unsigned int own, unsigned int *out)
{
	char digits[11];

	for (; known->name; known++) {
		if (strcmp(known->name, name) == 0) {
			*out = known->id;
			return true;
		}
	}
	*out = own;
	return strcmp(name, name_of(&(struct known){ NULL, 0 }, own, own, digits)) == 0;
}

static enum nss_status too_small(int *errnop)
{
	*errnop = ERANGE; /* the caller comes again with a larger buffer */
	return NSS_STATUS_TRYAGAIN;
}

static enum nss_status not_here(int *errnop)
{
	*errnop = ENOENT;
	return NSS_STATUS_NOTFOUND;
}

static enum nss_status user(const char *name, uid_t uid, struct passwd *out, char *buf, size_t size,
			    int *errnop)
{
	struct room room = { buf, size };

	*out = (struct passwd){
		.pw_uid = uid, .pw_gid = uid == getuid() ? getgid() : uid,
		.pw_name = room_copy(&room, name), .pw_passwd = room_copy(&room, "*"),
		.pw_gecos = room_copy(&room, ""), .pw_dir = room_copy(&room, HOME),
		.pw_shell = room_copy(&room, SHELL),
	};
	return out->pw_shell ? NSS_STATUS_SUCCESS : too_small(errnop);
}

EXPORT enum nss_status _nss_dbg_getpwuid_r(uid_t uid, struct passwd *out, char *buf, size_t size,
					   int *errnop);
enum nss_status _nss_dbg_getpwuid_r(uid_t uid, struct passwd *out, char *buf, size_t size,
				    int *errnop)
{
	char digits[11];
	const char *name = name_of(users, uid, getuid(), digits);

	return name ? user(name, uid, out, buf, size, errnop) : not_here(errnop);
}

EXPORT enum nss_status _nss_dbg_getpwnam_r(const char *name, struct passwd *out, char *buf,
					   size_t size, int *errnop);
enum nss_status _nss_dbg_getpwnam_r(const char *name, struct passwd *out, char *buf, size_t size,
				    int *errnop)
{
	uid_t uid;

	if (!id_of(users, name, getuid(), &uid))
		return not_here(errnop);
	return user(name, uid, out, buf, size, errnop);
}

static enum nss_status group(const char *name, gid_t gid, struct group *out, char *buf, size_t size,
			     int *errnop)
{
	struct room room = { buf, size };
	char **members = room_take(&room, sizeof(*members), alignof(char *));

	if (!members)
		return too_small(errnop);
	*members = NULL;
	*out = (struct group){
		.gr_gid = gid, .gr_mem = members, .gr_name = room_copy(&room, name),
		.gr_passwd = room_copy(&room, "*"),
	};
	return out->gr_passwd && out->gr_name ? NSS_STATUS_SUCCESS : too_small(errnop);
}

EXPORT enum nss_status _nss_dbg_getgrgid_r(gid_t gid, struct group *out, char *buf, size_t size,
					   int *errnop);
enum nss_status _nss_dbg_getgrgid_r(gid_t gid, struct group *out, char *buf, size_t size,
				    int *errnop)
{
	char digits[11];
	const char *name = name_of(groups, gid, getgid(), digits);

	return name ? group(name, gid, out, buf, size, errnop) : not_here(errnop);
}

EXPORT enum nss_status _nss_dbg_getgrnam_r(const char *name, struct group *out, char *buf,
					   size_t size, int *errnop);
enum nss_status _nss_dbg_getgrnam_r(const char *name, struct group *out, char *buf, size_t size,
				    int *errnop)
{
	gid_t gid;

	if (!id_of(groups, name, getgid(), &gid))
		return not_here(errnop);
	return group(name, gid, out, buf, size, errnop);
}

EXPORT enum nss_status _nss_dbg_gethostbyname2_r(const char *name, int family, struct hostent *out,
						 char *buf, size_t size, int *errnop, int *herrnop);
enum nss_status _nss_dbg_gethostbyname2_r(const char *name, int family, struct hostent *out,
					  char *buf, size_t size, int *errnop, int *herrnop)
{
	/* No ::1: an /etc/hosts that knows only another IPv4 localhost is believed, too. */
	static const uint8_t loopback[] = { 127, 0, 0, 1 };
	struct room room = { buf, size };

	if (strcmp(name, "localhost") != 0 || family != AF_INET) {
		*herrnop = HOST_NOT_FOUND;
		return not_here(errnop);
	}

	char **table = room_take(&room, 3 * sizeof(*table), alignof(char *));
	char *address = room_take(&room, sizeof(loopback), alignof(uint32_t));
	char *copy = room_copy(&room, name);

	if (!table || !address || !copy) {
		*herrnop = NETDB_INTERNAL;
		return too_small(errnop);
	}
	memcpy(address, loopback, sizeof(loopback));
	table[0] = address;
	table[1] = NULL;
	table[2] = NULL; /* no aliases */
	*out = (struct hostent){ .h_name = copy, .h_aliases = table + 2, .h_addrtype = AF_INET,
				 .h_length = sizeof(loopback), .h_addr_list = table };
	*herrnop = 0;
	return NSS_STATUS_SUCCESS;
}

EXPORT enum nss_status _nss_dbg_gethostbyname_r(const char *name, struct hostent *out, char *buf,
						size_t size, int *errnop, int *herrnop);
enum nss_status _nss_dbg_gethostbyname_r(const char *name, struct hostent *out, char *buf,
					 size_t size, int *errnop, int *herrnop)
{
	return _nss_dbg_gethostbyname2_r(name, AF_INET, out, buf, size, errnop, herrnop);
}
