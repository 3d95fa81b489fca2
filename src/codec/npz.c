#include "codec/npz.h"

#include "codec/limits.h"
#include "codec/npy.h"
#include "wire/reader.h"
#include "wire/utf8.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum {
    LOCAL = 0x04034B50,
    CENTRAL = 0x02014B50,
    END = 0x06054B50,
    END_SIZE = 22,
    COMMENT_MAX = 65535,
    STORED = 0,
    DEFLATED = 8,
    ENCRYPTED = 1 << 0, /* flag */
    UTF8 = 1 << 11,     /* flag */
    NAME_MAX_SIZE = 1024,
    MEMBERS_MAX = 16384, /* names are compared pair by pair */
    DOS_DATE = 0x0021,   /* 1980-01-01, the first there is */
    VERSION = 20,
};

typedef struct member {
    char *name;
    uint16_t method;
    uint32_t crc, packed_size, size;
    const uint8_t *packed;
} member;

struct pv_npz {
    char *name;
    pv_bytes file; /* when opened from a path */
    member *members;
    size_t count, cap;
};

/* ---- the directory */

/* The end record lies at the end of the file, before a comment of at most 64 KiB. */
static void find_end(pv_reader *r)
{
    size_t n = r->size, lowest = n > END_SIZE + COMMENT_MAX ? n - END_SIZE - COMMENT_MAX : 0;
    for (size_t at = n < END_SIZE ? 0 : n - END_SIZE + 1; at-- > lowest;) {
        const uint8_t *p = r->data + at;
        if (memcmp(p, "PK\5\6", 4) == 0 && (p[20] | (size_t)p[21] << 8) == n - at - END_SIZE) {
            r->at = at + 4;
            return;
        }
    }
    pv_reader_fail(r, PV_ERR_TRUNCATED, "no ZIP directory at the end; is it a complete .npz file?");
}

static pv_status add(pv_npz *z, member m, const uint8_t *name, size_t length)
{
    if (length > 4 && memcmp(name + length - 4, ".npy", 4) == 0) length -= 4;
    if (length >= NAME_MAX_SIZE || pv_utf8_check(name, length) < length)
        PV_FAIL(PV_ERR_FORMAT, "%s: the name of member %zu is no UTF-8 text below %d bytes",
                z->name, z->count, NAME_MAX_SIZE);
    PV_TRY(pv_grow((void **)&z->members, &z->cap, z->count + 1, sizeof *z->members));
    m.name = pv_alloc(length + 1, 1);
    if (m.name == NULL) PV_FAIL_MEMORY(length + 1);
    memcpy(m.name, name, length);
    m.name[length] = '\0';
    if (pv_npz_has(z, m.name)) {
        pv_status s = pv_trail_fail(PV_ERR_FORMAT, __FILE__, __LINE__,
                                    "%s: two members are called '%s'", z->name, m.name);
        pv_free(m.name);
        return s;
    }
    z->members[z->count++] = m;
    return PV_OK;
}

/* One record of the central directory at r, and the local header it points to. */
static pv_status read_member(pv_npz *z, pv_reader *r)
{
    member m = {0};
    size_t begin = r->at;
    if (pv_reader_u32le(r, "directory record") != CENTRAL)
        pv_reader_fail(r, PV_ERR_FORMAT, "a record of the ZIP directory was expected at byte %zu",
                       begin);
    (void)pv_reader_u32le(r, "versions");
    uint16_t flags = pv_reader_u16le(r, "flags");
    m.method = pv_reader_u16le(r, "method");
    (void)pv_reader_u32le(r, "time");
    m.crc = pv_reader_u32le(r, "CRC-32");
    m.packed_size = pv_reader_u32le(r, "compressed size");
    m.size = pv_reader_u32le(r, "size");
    size_t name_length = pv_reader_u16le(r, "name length");
    size_t extra_length = pv_reader_u16le(r, "extra length");
    size_t comment_length = pv_reader_u16le(r, "comment length");
    (void)pv_reader_bytes(r, 8, "disk and attributes");
    uint32_t offset = pv_reader_u32le(r, "offset");
    const uint8_t *name = pv_reader_bytes(r, name_length, "name");
    (void)pv_reader_bytes(r, extra_length + comment_length, "extra field and comment");
    if ((flags & ENCRYPTED) != 0)
        pv_reader_fail(r, PV_ERR_UNSUPPORTED, "encrypted members are not read");
    if (m.method != STORED && m.method != DEFLATED)
        pv_reader_fail(r, PV_ERR_UNSUPPORTED,
                       "members packed by method %d are not read; stored and deflated ones are",
                       m.method);
    if (m.size == UINT32_MAX || m.packed_size == UINT32_MAX || offset == UINT32_MAX)
        pv_reader_fail(r, PV_ERR_UNSUPPORTED,
                       "ZIP64 members (4 GiB or more) are not read; split the archive");
    if (m.method == STORED && m.size != m.packed_size)
        pv_reader_fail(r, PV_ERR_FORMAT, "a stored member has two sizes: %" PRIu32 " and %" PRIu32,
                       m.size, m.packed_size);
    PV_TRY(pv_reader_status(r));

    pv_reader local = pv_reader_make(z->name, r->data, r->size);
    pv_reader_seek(&local, offset, "a member");
    pv_reader_expect(&local, "PK\3\4", 4, "header of a member");
    (void)pv_reader_bytes(&local, 22, "header of a member");
    size_t skip = pv_reader_u16le(&local, "name length");
    skip += pv_reader_u16le(&local, "extra length");
    (void)pv_reader_bytes(&local, skip, "name and extra field");
    m.packed = pv_reader_bytes(&local, m.packed_size, "the data of a member");
    PV_TRY(pv_reader_status(&local));
    return add(z, m, name, name_length);
}

static pv_status read_directory(pv_npz *z, const uint8_t *p, size_t n)
{
    pv_reader r = pv_reader_make(z->name, p, n);
    find_end(&r);
    uint32_t disks = pv_reader_u32le(&r, "disk numbers");
    uint16_t here = pv_reader_u16le(&r, "number of members");
    uint16_t total = pv_reader_u16le(&r, "number of members");
    (void)pv_reader_u32le(&r, "directory size");
    uint32_t offset = pv_reader_u32le(&r, "directory offset");
    if (disks != 0 || here != total)
        pv_reader_fail(&r, PV_ERR_UNSUPPORTED, "an archive in several parts is not read");
    pv_reader_require_max(&r, total == UINT16_MAX ? 0 : total, MEMBERS_MAX,
                          "the number of members");
    if (total == UINT16_MAX || offset == UINT32_MAX)
        pv_reader_fail(&r, PV_ERR_UNSUPPORTED,
                       "a ZIP64 archive (4 GiB or more) is not read; split it");
    pv_reader_seek(&r, offset, "the directory");
    PV_TRY(pv_reader_status(&r));
    for (int i = 0; i < total; i++) PV_TRY(read_member(z, &r));
    return PV_OK;
}

pv_status pv_npz_parse(pv_npz **z, const char *name, const uint8_t *p, size_t n)
{
    pv_status status = PV_OK;
    *z = NULL;
    pv_npz *new = pv_calloc(1, sizeof *new);
    if (new == NULL) PV_FAIL_MEMORY(sizeof *new);
    new->name = pv_strdup(name);
    if (new->name == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory", name);
    PV_TRY_GOTO(read_directory(new, p, n));
    *z = new;
done:
    if (status != PV_OK) pv_npz_free(new);
    return status;
}

pv_status pv_npz_open(pv_npz **z, const char *path)
{
    pv_bytes file;
    *z = NULL;
    PV_TRY(pv_file_read(&file, path, PV_FILE_MAX));
    pv_status s = pv_npz_parse(z, path, file.data, file.size);
    if (s == PV_OK)
        (*z)->file = file;
    else
        pv_bytes_clear(&file);
    return s;
}

void pv_npz_free(pv_npz *z)
{
    if (z == NULL) return;
    for (size_t i = 0; i < z->count; i++) pv_free(z->members[i].name);
    pv_free(z->members);
    pv_bytes_clear(&z->file);
    pv_free(z->name);
    pv_free(z);
}

/* ---- the members */

int pv_npz_count(const pv_npz *z)
{
    return (int)z->count;
}

const char *pv_npz_name(const pv_npz *z, int i)
{
    return z->members[i].name;
}

static const member *find(const pv_npz *z, const char *name)
{
    size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, ".npy") == 0) length -= 4;
    for (size_t i = 0; i < z->count; i++)
        if (strlen(z->members[i].name) == length && memcmp(z->members[i].name, name, length) == 0)
            return &z->members[i];
    return NULL;
}

int pv_npz_has(const pv_npz *z, const char *name)
{
    return find(z, name) != NULL;
}

/* Into m->size bytes: no more, no less. */
static pv_status unpack(uint8_t *out, const member *m, const char *name)
{
    z_stream s = {.next_in = (Bytef *)m->packed, /* zlib only reads it */
                  .avail_in = m->packed_size,
                  .next_out = out,
                  .avail_out = m->size};
    if (inflateInit2(&s, -MAX_WBITS) != Z_OK)
        PV_FAIL(PV_ERR_MEMORY, "%s: out of memory for unpacking", name);
    int result = inflate(&s, Z_FINISH);
    inflateEnd(&s);
    if (result == Z_MEM_ERROR) PV_FAIL(PV_ERR_MEMORY, "%s: out of memory for unpacking", name);
    if (result != Z_STREAM_END || s.avail_out != 0)
        PV_FAIL(PV_ERR_FORMAT,
                "%s: the packed data are damaged or do not unpack to the %" PRIu32
                " bytes the directory says; get the file again",
                name, m->size);
    return PV_OK;
}

pv_status pv_npz_get(const pv_npz *z, const char *name, pv_tensor *out)
{
    pv_status status = PV_OK;
    char label[2 * NAME_MAX_SIZE];
    uint8_t *unpacked = NULL;
    const member *m = find(z, name);
    memset(out, 0, sizeof *out);
    if (m == NULL) {
        size_t used = 0;
        label[0] = '\0';
        for (size_t i = 0; i < z->count && used < sizeof label; i++)
            used += (size_t)snprintf(label + used, sizeof label - used, " %s", z->members[i].name);
        PV_FAIL(PV_ERR_INPUT, "%s: there is no array '%s'; there are:%s", z->name, name, label);
    }
    snprintf(label, sizeof label, "%s(%s)", z->name, m->name);
    if (m->method == DEFLATED) {
        if (m->size / PV_DEFLATE_RATIO > m->packed_size)
            PV_FAIL(PV_ERR_LIMIT, "%s: %" PRIu32 " bytes can't unpack to %" PRIu32, label,
                    m->packed_size, m->size);
        unpacked = pv_alloc(m->size, 1);
        if (unpacked == NULL)
            PV_FAIL(PV_ERR_MEMORY, "%s: out of memory for its %" PRIu32 " bytes", label, m->size);
        PV_TRY_GOTO(unpack(unpacked, m, label));
    }
    const uint8_t *data = unpacked != NULL ? unpacked : m->packed;
    if (crc32_z(0, data, m->size) != m->crc)
        PV_FAIL_GOTO(PV_ERR_MISMATCH,
                     "%s: the checksum is wrong, the data are damaged; get the file "
                     "again",
                     label);
    PV_TRY_GOTO(pv_npy_parse(out, label, data, m->size));
done:
    pv_free(unpacked);
    return status;
}

/* ---- writing */

pv_status pv_npz_out_open(pv_npz_out *z, const char *path, mode_t mode)
{
    *z = (pv_npz_out){.file = {.fd = -1}};
    z->directory = pv_writer_make("the directory of a .npz file", UINT32_MAX);
    return pv_outfile_open(&z->file, path, mode);
}

/* What the local header and the directory record have in common. */
static void describe(pv_writer *w, uint16_t flags, uint32_t crc, uint32_t size, size_t name_length)
{
    pv_writer_u16le(w, VERSION);
    pv_writer_u16le(w, flags);
    pv_writer_u16le(w, STORED);
    pv_writer_u16le(w, 0); /* time */
    pv_writer_u16le(w, DOS_DATE);
    pv_writer_u32le(w, crc);
    pv_writer_u32le(w, size);
    pv_writer_u32le(w, size);
    pv_writer_u16le(w, (uint16_t)name_length);
    pv_writer_u16le(w, 0); /* extra field */
}

pv_status pv_npz_out_add(pv_npz_out *z, const char *name, const pv_tensor *t)
{
    pv_status status = PV_OK;
    char file_name[NAME_MAX_SIZE];
    pv_writer npy = pv_writer_make(name, UINT16_MAX), w = pv_writer_make(name, UINT16_MAX);
    size_t bytes = pv_tensor_bytes(t),
           length = (size_t)snprintf(file_name, sizeof file_name, "%s.npy", name);
    if (length >= sizeof file_name)
        PV_FAIL(PV_ERR_USAGE, "the name of an array has %zu bytes, at most %d are allowed",
                length - 4, NAME_MAX_SIZE - 5);
    pv_npy_header(&npy, t);
    PV_TRY_GOTO(pv_writer_status(&npy));
    if (z->count >= MEMBERS_MAX || z->offset + bytes >= UINT32_MAX - 2 * UINT16_MAX)
        PV_FAIL_GOTO(PV_ERR_LIMIT,
                     "%s: '%s' would make it 4 GiB or more, or more than 16384 arrays; write "
                     "several archives",
                     z->file.path, name);
    uint32_t size = (uint32_t)(npy.size + bytes);
    uint32_t crc = (uint32_t)crc32_z(crc32_z(0, npy.data, npy.size), t->data, bytes);
    uint16_t flags = 0;
    for (const char *c = name; *c != '\0'; c++)
        if ((unsigned char)*c >= 0x80) flags = UTF8;

    pv_writer_u32le(&w, LOCAL);
    describe(&w, flags, crc, size, length);
    pv_writer_bytes(&w, file_name, length);
    pv_writer_bytes(&w, npy.data, npy.size);
    PV_TRY_GOTO(pv_writer_status(&w));
    PV_TRY_GOTO(pv_outfile_write(&z->file, w.data, w.size));
    PV_TRY_GOTO(pv_outfile_write(&z->file, t->data, bytes));

    pv_writer_u32le(&z->directory, CENTRAL);
    pv_writer_u16le(&z->directory, VERSION);
    describe(&z->directory, flags, crc, size, length);
    pv_writer_fill(&z->directory, 0, 2 + 2 + 2 + 4); /* comment, disk, attributes */
    pv_writer_u32le(&z->directory, (uint32_t)z->offset);
    pv_writer_bytes(&z->directory, file_name, length);
    PV_TRY_GOTO(pv_writer_status(&z->directory));
    z->offset += w.size + bytes;
    z->count++;
done:
    pv_writer_clear(&npy);
    pv_writer_clear(&w);
    return status;
}

pv_status pv_npz_out_commit(pv_npz_out *z)
{
    pv_status status = PV_OK;
    pv_writer *w = &z->directory;
    size_t size = w->size;
    pv_writer_u32le(w, END);
    pv_writer_u32le(w, 0); /* disks */
    pv_writer_u16le(w, (uint16_t)z->count);
    pv_writer_u16le(w, (uint16_t)z->count);
    pv_writer_u32le(w, (uint32_t)size);
    pv_writer_u32le(w, (uint32_t)z->offset);
    pv_writer_u16le(w, 0); /* comment */
    PV_TRY_GOTO(pv_writer_status(w));
    PV_TRY_GOTO(pv_outfile_write(&z->file, w->data, w->size));
    PV_TRY_GOTO(pv_outfile_commit(&z->file));
done:
    pv_npz_out_discard(z);
    return status;
}

void pv_npz_out_discard(pv_npz_out *z)
{
    pv_writer_clear(&z->directory);
    pv_outfile_discard(&z->file);
}
