#include "run/prepare.h"

#include "base/ctx.h"
#include "base/file.h"
#include "run/folder.h"
#include "run/registry.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DAYS = 30 };

typedef struct prepare {
    const char *run;
    const pv_ctx *ctx;
    pv_scenario scenario;
    pv_local *local; /* [parties] */
    int *port;       /* [parties] */
    char *keys;      /* folder of the authority made here; NULL: the scenario pins its own */
    pv_str schema;   /* the [schema] section, where the scenario has none */
} prepare;

/* ---- a folder of its own */
static pv_status make_folder(const char *run)
{
    struct dirent *entry;
    int empty = 1;
    if (pv_folder_exists(run)) {
        DIR *d = opendir(run);
        if (d == NULL) PV_FAIL(PV_ERR_IO, "%s: it can't be read: %s", run, strerror(errno));
        while ((entry = readdir(d)) != NULL)
            empty &= strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        closedir(d);
    }
    if (!empty)
        PV_FAIL(PV_ERR_USAGE,
                "%s: there is something in it already; name another folder, or go on with the run "
                "in it by --resume",
                run);
    return pv_folder_make(run);
}

/* ---- keys */
static pv_status make_keys(prepare *p)
{
    pv_passphrase none = {0};
    pv_scenario *s = &p->scenario;
    for (int i = 0; i < s->parties; i++)
        if (s->party[i].pinned)
            PV_FAIL(PV_ERR_FORMAT,
                    "%s:%d: %s has a cert line, but [scenario] has no ca line; give both, or "
                    "neither and keys are made for the run",
                    s->path, s->party[i].line, s->party[i].name);
    p->keys = pv_run_path(p->run, "keys");
    if (p->keys == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY(pv_folder_make(p->keys));
    PV_TRY(pv_ca_make(p->keys, "run-authority", DAYS, &none));
    for (int i = 0; i < s->parties; i++)
        PV_TRY(pv_party_make(p->keys, s->party[i].name, DAYS, &none, &none));
    return PV_OK;
}

/* "sha256:..." of a certificate that was just made. */
static pv_status pin(pv_str *out, const prepare *p, const char *key, const char *name)
{
    pv_certificate *c = NULL;
    pv_str path = {0};
    char text[PV_HASH_TEXT];
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_str_printf(&path, "%s/%s.pem", p->keys, name));
    PV_TRY_GOTO(pv_certificate_load(&c, pv_str_text(&path)));
    PV_TRY_GOTO(pv_str_printf(out, "%s = sha256:%s\n", key,
                              pv_hash_text(pv_certificate_fingerprint(c), text)));
done:
    pv_certificate_free(c);
    pv_str_clear(&path);
    return status;
}

/* ---- the shared file */
static pv_status schema_shape(pv_str *out, const pv_data *data)
{
    pv_shape shape = pv_data_sample_shape(data);
    PV_TRY(pv_str_printf(out, "\n[schema]\nkind = %s\nshape = ",
                         pv_data_what(data) == PV_DATA_IMAGE ? "image" : "table"));
    for (int i = 0; i < shape.ndim; i++)
        PV_TRY(pv_str_printf(out, "%s%lld", i > 0 ? "," : "", (long long)shape.dim[i]));
    return PV_OK;
}

static pv_status schema_classes(pv_str *out, const pv_data *data)
{
    PV_TRY(pv_str_append(out, "\nclasses = "));
    for (int i = 0; i < pv_data_classes(data); i++)
        PV_TRY(pv_str_printf(out, "%s%s", i > 0 ? "," : "", pv_data_class_name(data, i)));
    return PV_OK;
}

/* From the first party that has features, and the first that has labels: mostly the same. */
static pv_status write_schema(pv_str *out, const prepare *p)
{
    pv_status status = PV_OK;
    pv_data *data = NULL;
    pv_str shape = {0}, classes = {0};
    int any = 0;
    for (int i = 0; i < p->scenario.parties && (shape.size == 0 || classes.size == 0); i++) {
        if (p->local[i].data == NULL) continue;
        any = 1;
        PV_TRY_GOTO(pv_data_open(&data, p->local[i].data, p->ctx));
        if (shape.size == 0 && pv_data_has_features(data)) PV_TRY_GOTO(schema_shape(&shape, data));
        if (classes.size == 0 && pv_data_has_labels(data))
            PV_TRY_GOTO(schema_classes(&classes, data));
        pv_data_free(data);
        data = NULL;
    }
    if (shape.size == 0 || classes.size == 0)
        PV_FAIL_GOTO(PV_ERR_FORMAT,
                     "%s: no party has %s: give [local] or [local NAME] a line data = SPEC",
                     p->scenario.path,
                     !any              ? "data"
                     : shape.size == 0 ? "features"
                                       : "labels");
    PV_TRY_GOTO(pv_str_append(out, pv_str_text(&shape)));
    PV_TRY_GOTO(pv_str_append(out, pv_str_text(&classes)));
    PV_TRY_GOTO(pv_str_append(out, "\n"));
done:
    pv_data_free(data);
    pv_str_clear(&shape);
    pv_str_clear(&classes);
    return status;
}

/* What this run fills into a section, at its end. */
static pv_status end_of_section(pv_str *out, const prepare *p, const char *section)
{
    if (p->keys == NULL || section == NULL) return PV_OK;
    if (strcmp(section, "scenario") == 0) return pin(out, p, "ca", "ca");
    if (strncmp(section, "party ", 6) == 0) return pin(out, p, "cert", section + 6);
    return PV_OK;
}

/* With the fingerprints of the keys that were made, as far as there are any yet. */
static pv_status shared_text(pv_str *text, const prepare *p)
{
    const pv_ini *ini = &p->scenario.ini;
    const char *section = NULL;
    PV_TRY(
        pv_str_printf(text, "# what all parties of this run share; from %s\n", p->scenario.path));
    for (size_t i = 0; i < ini->count; i++) {
        const pv_ini_entry *e = &ini->entry[i];
        if (strncmp(e->section, "local", 5) == 0) continue;
        if (section == NULL || strcmp(section, e->section) != 0) {
            PV_TRY(end_of_section(text, p, section));
            PV_TRY(pv_str_printf(text, "\n[%s]\n", e->section));
        }
        section = e->section;
        PV_TRY(pv_str_printf(text, "%s = %s\n", e->key, e->value));
    }
    PV_TRY(end_of_section(text, p, section));
    return pv_str_append(text, pv_str_text(&p->schema));
}

static pv_status write_shared(const prepare *p)
{
    pv_status status = PV_OK;
    pv_str text = {0};
    char *path = pv_run_path(p->run, "scenario.ini");
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(shared_text(&text, p));
    PV_TRY_GOTO(pv_file_write(path, pv_str_text(&text), text.size, 0644));
done:
    pv_str_clear(&text);
    pv_free(path);
    return status;
}

/* ---- the local files */

/* A port that nobody listens on now. All are held open until each party has its own. */
static pv_status free_ports(int *port, int n)
{
    pv_status status = PV_OK;
    int *fd = pv_alloc((size_t)n, sizeof *fd);
    int made = 0;
    if (fd == NULL) PV_FAIL_MEMORY((size_t)n * sizeof *fd);
    for (; made < n; made++) {
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        socklen_t size = sizeof a;
        fd[made] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd[made] < 0 || bind(fd[made], (struct sockaddr *)&a, size) != 0 ||
            getsockname(fd[made], (struct sockaddr *)&a, &size) != 0)
            PV_FAIL_GOTO(PV_ERR_NETWORK, "no free port on the loopback interface: %s",
                         strerror(errno));
        port[made] = ntohs(a.sin_port);
    }
done:
    for (int i = 0; i < made; i++) close(fd[i]);
    pv_free(fd);
    return status;
}

static pv_status absolute(pv_str *out, const char *key, const char *path)
{
    char *real = realpath(path, NULL);
    pv_status s = pv_str_printf(out, "%s = %s\n", key, real != NULL ? real : path);
    free(real);
    return s;
}

/* KIND:PATH?OPTIONS with the path made absolute, so that the folder of a run may be moved to. */
static pv_status absolute_spec(pv_str *out, const char *key, const char *spec)
{
    pv_status status = PV_OK;
    const char *colon = strchr(spec, ':'), *options = strrchr(spec, '?');
    char *path = NULL, *real = NULL;
    if (colon == NULL || (options != NULL && options < colon))
        return pv_str_printf(out, "%s = %s\n", key, spec);
    size_t size = options != NULL ? (size_t)(options - colon - 1) : strlen(colon + 1);
    path = pv_alloc(size + 1, 1);
    if (path == NULL) PV_FAIL_MEMORY(size + 1);
    memcpy(path, colon + 1, size);
    path[size] = '\0';
    real = realpath(path, NULL);
    PV_TRY_GOTO(pv_str_printf(out, "%s = %.*s:%s%s\n", key, (int)(colon - spec), spec,
                              real != NULL ? real : path, options != NULL ? options : ""));
done:
    pv_free(path);
    free(real);
    return status;
}

static pv_status write_local(const prepare *p, int i)
{
    pv_status status = PV_OK;
    const pv_scenario *s = &p->scenario;
    const pv_local *l = &p->local[i];
    const char *name = s->party[i].name;
    char *folder = pv_run_party_path(p->run, name, ""), *path = NULL;
    pv_str text = {0}, file = {0};
    if (folder == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    folder[strlen(folder) - 1] = '\0';
    PV_TRY_GOTO(pv_folder_make(folder));
    PV_TRY_GOTO(pv_str_append(&text, "# what is this party's own business\n[local]\n"));
    if (l->data != NULL) PV_TRY_GOTO(absolute_spec(&text, "data", l->data));
    if (l->test != NULL) PV_TRY_GOTO(absolute_spec(&text, "test", l->test));
    if (l->parts != NULL) PV_TRY_GOTO(pv_str_printf(&text, "parts = %s\n", l->parts));
    if (l->threads > 0) PV_TRY_GOTO(pv_str_printf(&text, "threads = %d\n", l->threads));
    if (l->paillier != NULL) PV_TRY_GOTO(absolute(&text, "paillier", l->paillier));
    if (l->half != NULL) PV_TRY_GOTO(absolute(&text, "half", l->half));
    if (l->model != NULL) PV_TRY_GOTO(absolute(&text, "model", l->model));
    if (l->front != NULL) PV_TRY_GOTO(absolute(&text, "front", l->front));
    if (l->order != NULL) PV_TRY_GOTO(absolute(&text, "order", l->order));
    if (l->ids != NULL) PV_TRY_GOTO(pv_str_printf(&text, "ids = %s\n", l->ids));
    if (l->missing_ids != NULL)
        PV_TRY_GOTO(pv_str_printf(&text, "missing_ids = %s\n", l->missing_ids));
    if (l->keep_ids != NULL) PV_TRY_GOTO(pv_str_printf(&text, "keep_ids = %s\n", l->keep_ids));
    if (p->keys != NULL) {
        static const char *const key[] = {"key", "cert"}, *const ending[] = {"key", "pem"};
        for (int k = 0; k < 2; k++) {
            pv_str_truncate(&file, 0);
            PV_TRY_GOTO(pv_str_printf(&file, "%s/%s.%s", p->keys, name, ending[k]));
            PV_TRY_GOTO(absolute(&text, key[k], pv_str_text(&file)));
        }
        pv_str_truncate(&file, 0);
        PV_TRY_GOTO(pv_str_printf(&file, "%s/ca.pem", p->keys));
        PV_TRY_GOTO(absolute(&text, "ca", pv_str_text(&file)));
    } else {
        if (l->key == NULL || l->cert == NULL || l->ca == NULL)
            PV_FAIL_GOTO(PV_ERR_FORMAT,
                         "%s: the scenario pins certificates, so %s needs key, cert and ca in "
                         "[local %s]",
                         s->path, name, name);
        PV_TRY_GOTO(absolute(&text, "key", l->key));
        PV_TRY_GOTO(absolute(&text, "cert", l->cert));
        PV_TRY_GOTO(absolute(&text, "ca", l->ca));
        if (l->passphrase_file != NULL)
            PV_TRY_GOTO(absolute(&text, "passphrase_file", l->passphrase_file));
    }
    PV_TRY_GOTO(pv_str_printf(&text, "listen = 127.0.0.1:%d\n", p->port[i]));
    for (int k = 0; k < s->parties; k++)
        if (k != i)
            PV_TRY_GOTO(
                pv_str_printf(&text, "dial %s = 127.0.0.1:%d\n", s->party[k].name, p->port[k]));
    path = pv_path_join(folder, "local.ini");
    if (path == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(pv_file_write(path, pv_str_text(&text), text.size, 0600));
done:
    pv_str_clear(&text);
    pv_str_clear(&file);
    pv_free(folder);
    pv_free(path);
    return status;
}

/* ---- all of it */
static const pv_role *role_of(const pv_scheme *scheme, const char *name)
{
    for (int k = 0; scheme->role[k] != NULL; k++)
        if (strcmp(scheme->role[k]->name, name) == 0) return scheme->role[k];
    return NULL;
}

static pv_status check_roles(prepare *p, const pv_scheme *scheme)
{
    const pv_scenario *s = &p->scenario;
    for (int i = 0; i < s->parties; i++)
        if (role_of(scheme, s->party[i].role) == NULL)
            PV_FAIL(PV_ERR_FORMAT, "%s:%d: the scheme %s has no role \"%s\"", s->path,
                    s->party[i].line, scheme->name, s->party[i].role);
    for (int k = 0; scheme->role[k] != NULL; k++) {
        const pv_role *role = scheme->role[k];
        int n = pv_scenario_count(s, role->name);
        if (n < role->least || n > role->most)
            PV_FAIL(PV_ERR_FORMAT,
                    "%s: the scheme %s wants at least %d and at most %d parties with role = %s, "
                    "there are %d",
                    s->path, scheme->name, role->least, role->most, role->name, n);
    }
    for (int i = 0; i < s->parties; i++)
        if (pv_role_brings(role_of(scheme, s->party[i].role), &p->scenario) &&
            p->local[i].data == NULL)
            PV_FAIL(PV_ERR_FORMAT,
                    "%s:%d: %s brings no data: give [local] or [local %s] a line data = SPEC",
                    s->path, s->party[i].line, s->party[i].name, s->party[i].name);
    return PV_OK;
}

/* What the parties would find: that the scheme's settings, the model and the data fit each other.
 * Errors name the user's file. */
static pv_status check_shared(prepare *p, const pv_scheme *scheme)
{
    pv_status status = PV_OK;
    pv_scenario whole = {0};
    pv_str text = {0};
    int rows = 0; /* does anybody bring some that a schema could be of? */
    for (int k = 0; scheme->role[k] != NULL; k++)
        rows |= scheme->role[k]->brings_data != PV_BRINGS_TABLE;
    if (p->scenario.schema.kind == 0 && rows) PV_TRY_GOTO(write_schema(&p->schema, p));
    PV_TRY_GOTO(shared_text(&text, p));
    PV_TRY_GOTO(pv_scenario_parse(&whole, p->scenario.path, pv_str_text(&text), text.size));
    PV_TRY_GOTO(pv_scheme_of(&scheme, &whole));
done:
    pv_scenario_clear(&whole);
    pv_str_clear(&text);
    return status;
}

static pv_status load(prepare *p, const char *path)
{
    const pv_scheme *scheme;
    pv_scenario *s = &p->scenario;
    PV_TRY(pv_scenario_load(s, path));
    PV_TRY(pv_scheme_of(&scheme, s));
    p->local = pv_calloc((size_t)s->parties, sizeof *p->local);
    p->port = pv_calloc((size_t)s->parties, sizeof *p->port);
    if (p->local == NULL || p->port == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %d parties", s->parties);
    for (int i = 0; i < s->parties; i++)
        PV_TRY(pv_local_load(&p->local[i], s, s->party[i].name, NULL));
    PV_TRY(pv_scenario_unused(s));
    PV_TRY(check_roles(p, scheme));
    return check_shared(p, scheme);
}

pv_status pv_run_prepare(const char *run, const char *scenario, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    prepare p = {.run = run, .ctx = ctx};
    PV_TRY_GOTO(load(&p, scenario));
    PV_TRY_GOTO(make_folder(run));
    if (!p.scenario.ca_pinned) PV_TRY_GOTO(make_keys(&p));
    PV_TRY_GOTO(free_ports(p.port, p.scenario.parties));
    for (int i = 0; i < p.scenario.parties; i++) PV_TRY_GOTO(write_local(&p, i));
    PV_TRY_GOTO(write_shared(&p)); /* last: a folder that has it is ready */
done:
    for (int i = 0; p.local != NULL && i < p.scenario.parties; i++) pv_local_clear(&p.local[i]);
    pv_free(p.local);
    pv_free(p.port);
    pv_free(p.keys);
    pv_str_clear(&p.schema);
    pv_scenario_clear(&p.scenario);
    return status;
}
