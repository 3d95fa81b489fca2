#include "nn/model_text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX = 512, WORDS_MAX = 16, SYMBOLS_MAX = 32, SYMBOL_NAME = 32, TEXT_MAX = 1 << 20 };
static const double LARGEST_COUNT = 1 << 24;

typedef struct symbol {
    char name[SYMBOL_NAME];
    double value;
} symbol;

typedef struct parser {
    pv_layers *out;
    const char *where;
    int line;
    symbol symbols[SYMBOLS_MAX];
    int symbol_count;
    pv_init init;
    int number[PV_LAYER_COUNT];         /* layers of each kind so far */
    pv_layer_kind open[PV_NESTING_MAX]; /* RESIDUAL or SHORTCUT */
    int depth;
} parser;

#define FAIL_LINE(p, ...) return fail_line((p), __LINE__, __VA_ARGS__)

static pv_status fail_line(const parser *p, int line, const char *fmt, ...) PV_PRINTF(3, 4);
static pv_status fail_line(const parser *p, int line, const char *fmt, ...)
{
    char text[LINE_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return pv_trail_fail(PV_ERR_FORMAT, __FILE__, line, "%s:%d: %s", p->where, p->line, text);
}

static const symbol *find_symbol(const parser *p, const char *name)
{
    for (int i = 0; i < p->symbol_count; i++)
        if (strcmp(p->symbols[i].name, name) == 0) return &p->symbols[i];
    return NULL;
}

static pv_status add_symbol(parser *p, const char *name, double value)
{
    if (strlen(name) >= SYMBOL_NAME)
        FAIL_LINE(p, "the name '%s' is longer than %d", name, SYMBOL_NAME - 1);
    if (find_symbol(p, name) != NULL)
        FAIL_LINE(p, "'%s' is already defined; choose another name", name);
    if (p->symbol_count == SYMBOLS_MAX) FAIL_LINE(p, "more than %d symbols", SYMBOLS_MAX);
    symbol *s = &p->symbols[p->symbol_count++];
    memcpy(s->name, name, strlen(name) + 1);
    s->value = value;
    return PV_OK;
}

static int is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One number or symbol at *at, which moves behind it. */
static pv_status term(const parser *p, const char **at, double *value)
{
    const char *s = *at;
    if (is_digit(*s) || *s == '.' || *s == '-') {
        char *end;
        *value = strtod(s, &end);
        if (end == s || !isfinite(*value)) FAIL_LINE(p, "'%s' is not a number", s);
        *at = end;
        return PV_OK;
    }
    char name[SYMBOL_NAME];
    size_t n = 0;
    while (is_name_char(s[n]) && n < sizeof name - 1) n++;
    memcpy(name, s, n);
    name[n] = '\0';
    const symbol *found = n == 0 ? NULL : find_symbol(p, name);
    if (found == NULL)
        FAIL_LINE(p, "'%s' is neither a number nor a symbol; declare it by 'option NAME=VALUE'", s);
    *at = s + n;
    *value = found->value;
    return PV_OK;
}

/* term { ('*' | '/') term } */
static pv_status expression(const parser *p, const char *text, double *value)
{
    const char *at = text;
    PV_TRY(term(p, &at, value));
    while (*at == '*' || *at == '/') {
        char operation = *at++;
        double next;
        PV_TRY(term(p, &at, &next));
        *value = operation == '*' ? *value * next : *value / next;
    }
    if (*at != '\0') FAIL_LINE(p, "'%s' is not a value: '%s' is left over", text, at);
    if (!isfinite(*value)) FAIL_LINE(p, "'%s' is not finite", text);
    return PV_OK;
}

static pv_status key_value(const parser *p, const char *layer, const pv_layer_key *key,
                           const char *text, double *value)
{
    if (key->kind == PV_VALUE_SWITCH) {
        if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
            FAIL_LINE(p, "%s: %s is '%s', yes or no was expected", layer, key->name, text);
        *value = strcmp(text, "yes") == 0;
        return PV_OK;
    }
    PV_TRY(expression(p, text, value));
    if (key->kind == PV_VALUE_REAL) return PV_OK;
    double least = key->kind == PV_VALUE_COUNT ? 1 : 0;
    if (*value != floor(*value) || *value < least || *value > LARGEST_COUNT)
        FAIL_LINE(p, "%s: %s is %g, a whole number from %g to %g was expected", layer, key->name,
                  *value, least, LARGEST_COUNT);
    return PV_OK;
}

static pv_status parse_init(const parser *p, const char *text, pv_init *init)
{
    char name[SYMBOL_NAME];
    const char *colon = strchr(text, ':');
    size_t n = colon == NULL ? strlen(text) : (size_t)(colon - text);
    snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), text);
    *init = (pv_init){0};
    if (strcmp(name, "default") == 0)
        init->kind = PV_INIT_DEFAULT;
    else if (strcmp(name, "he") == 0)
        init->kind = PV_INIT_HE;
    else if (strcmp(name, "uniform") == 0)
        init->kind = PV_INIT_UNIFORM;
    else if (strcmp(name, "normal") == 0)
        init->kind = PV_INIT_NORMAL;
    else
        FAIL_LINE(p, "init '%s' is not known; there are default, he, uniform:A, normal:STD", text);
    int wants = init->kind == PV_INIT_UNIFORM || init->kind == PV_INIT_NORMAL;
    if (wants != (colon != NULL))
        FAIL_LINE(p, "init '%s': %s", text,
                  wants ? "a size is missing; write it as uniform:0.5" : "takes no size");
    if (wants) PV_TRY(expression(p, colon + 1, &init->value));
    if (init->value < 0) FAIL_LINE(p, "init '%s': the size must not be negative", text);
    return PV_OK;
}

static pv_status append(parser *p, const pv_layer *layer)
{
    pv_layers *l = p->out;
    if (l->count == PV_LAYERS_MAX) FAIL_LINE(p, "more than %d layers", PV_LAYERS_MAX);
    PV_TRY(pv_grow((void **)&l->layer, &l->cap, l->count + 1, sizeof *l->layer));
    l->layer[l->count++] = *layer;
    return PV_OK;
}

static const char *expected_keys(const pv_layer_type *type, char buffer[LINE_MAX])
{
    size_t used = 0;
    buffer[0] = '\0';
    for (const pv_layer_key *k = type->key; k->name != NULL; k++)
        used += (size_t)snprintf(buffer + used, LINE_MAX - used, "%s%s", used == 0 ? "" : ", ",
                                 k->name);
    if (type->takes_init) snprintf(buffer + used, LINE_MAX - used, "%sinit", used == 0 ? "" : ", ");
    return buffer[0] == '\0' ? "nothing" : buffer;
}

/* The values of one layer, from word[0..words). */
static pv_status parse_values(parser *p, pv_layer *layer, char **word, int words)
{
    const pv_layer_type *type = &pv_layer_types[layer->kind];
    char buffer[LINE_MAX];
    int set[PV_LAYER_VALUES] = {0}, next = 0;
    for (int i = 0; i < words; i++) {
        char *equals = strchr(word[i], '=');
        int k;
        if (equals == NULL) {
            k = type->open ? 0 : next;
            if (type->open && next == PV_LAYER_VALUES)
                FAIL_LINE(p, "%s: more than %d dimensions", type->name, PV_LAYER_VALUES);
            if (next >= PV_LAYER_VALUES || type->key[k].name == NULL)
                FAIL_LINE(p, "%s: '%s' is one value too many; it takes %s", type->name, word[i],
                          expected_keys(type, buffer));
            PV_TRY(key_value(p, type->name, &type->key[k], word[i], &layer->value[next]));
            if (set[next]) FAIL_LINE(p, "%s: %s is given twice", type->name, type->key[k].name);
            set[next++] = 1;
            continue;
        }
        *equals = '\0';
        if (type->takes_init && strcmp(word[i], "init") == 0) {
            PV_TRY(parse_init(p, equals + 1, &layer->init));
            continue;
        }
        for (k = 0; type->key[k].name != NULL; k++)
            if (strcmp(type->key[k].name, word[i]) == 0) break;
        if (type->key[k].name == NULL || type->open)
            FAIL_LINE(p, "%s has no '%s'; it takes %s", type->name, word[i],
                      expected_keys(type, buffer));
        if (set[k]) FAIL_LINE(p, "%s: %s is given twice", type->name, word[i]);
        PV_TRY(key_value(p, type->name, &type->key[k], equals + 1, &layer->value[k]));
        set[k] = 1;
    }
    layer->given = next;
    if (type->open && next == 0) FAIL_LINE(p, "%s: its dimensions are missing", type->name);
    for (int k = 0; !type->open && type->key[k].name != NULL; k++) {
        if (set[k]) continue;
        if (type->key[k].fallback == NULL)
            FAIL_LINE(p, "%s: %s is missing; it takes %s", type->name, type->key[k].name,
                      expected_keys(type, buffer));
        PV_TRY(key_value(p, type->name, &type->key[k], type->key[k].fallback, &layer->value[k]));
    }
    return PV_OK;
}

/* What a single value must be beyond its kind. */
static pv_status check_values(const parser *p, const pv_layer *layer)
{
    double v = layer->value[0];
    if (layer->kind == PV_LAYER_DROPOUT && !(v >= 0 && v < 1))
        FAIL_LINE(p, "dropout: p is %g, from 0 to below 1 was expected", v);
    if (layer->kind == PV_LAYER_BATCHNORM && !(v > 0 && v <= 1))
        FAIL_LINE(p, "batchnorm: momentum is %g, above 0 up to 1 was expected", v);
    double eps = layer->kind == PV_LAYER_LAYERNORM ? layer->value[0] : layer->value[1];
    if ((layer->kind == PV_LAYER_LAYERNORM || layer->kind == PV_LAYER_GROUPNORM ||
         layer->kind == PV_LAYER_BATCHNORM) &&
        !(eps > 0))
        FAIL_LINE(p, "%s: eps is %g, it must be positive", layer->name, eps);
    if (layer->kind == PV_LAYER_INPUT && p->out->count > 0)
        FAIL_LINE(p, "input must come before every other layer");
    return PV_OK;
}

static pv_status parse_option(parser *p, char **word, int words)
{
    char *equals = words == 1 ? strchr(word[0], '=') : NULL;
    if (equals == NULL || equals == word[0])
        FAIL_LINE(p, "'option NAME=VALUE' was expected, without spaces around '='");
    *equals = '\0';
    for (const char *c = word[0]; *c != '\0'; c++)
        if (!is_name_char(*c) || is_digit(word[0][0]))
            FAIL_LINE(p, "'%s' is no name: letters, digits and '_', not beginning with a digit",
                      word[0]);
    if (strcmp(word[0], "init") == 0)
        FAIL_LINE(p, "every model has an option init of its own; choose another name");
    double value;
    PV_TRY(expression(p, equals + 1, &value));
    return add_symbol(p, word[0], value);
}

/* `}` or `} shortcut {` */
static pv_status parse_close(parser *p, char **word, int words)
{
    if (p->depth == 0) FAIL_LINE(p, "'}' without a 'residual {' before it");
    pv_layer layer = {.line = p->line, .kind = PV_LAYER_END, .name = "}"};
    if (words == 1) {
        p->depth--;
        return append(p, &layer);
    }
    if (words != 3 || strcmp(word[1], "shortcut") != 0 || strcmp(word[2], "{") != 0)
        FAIL_LINE(p, "'}' must stand alone or be '} shortcut {'");
    if (p->open[p->depth - 1] != PV_LAYER_RESIDUAL)
        FAIL_LINE(p, "a residual has one shortcut; this is its second");
    p->open[p->depth - 1] = PV_LAYER_SHORTCUT;
    layer.kind = PV_LAYER_SHORTCUT;
    snprintf(layer.name, sizeof layer.name, "shortcut");
    return append(p, &layer);
}

static pv_status parse_line(parser *p, char **word, int words)
{
    if (strcmp(word[0], "option") == 0) return parse_option(p, word + 1, words - 1);
    if (strcmp(word[0], "}") == 0) return parse_close(p, word, words);
    if (strcmp(word[0], "init") == 0) {
        if (words != 2) FAIL_LINE(p, "'init HOW' was expected");
        return parse_init(p, word[1], &p->init);
    }
    pv_layer layer = {.line = p->line, .init = p->init, .kind = PV_LAYER_COUNT};
    for (int k = 0; k < PV_LAYER_SHORTCUT; k++)
        if (strcmp(pv_layer_types[k].name, word[0]) == 0) layer.kind = (pv_layer_kind)k;
    if (layer.kind == PV_LAYER_COUNT)
        FAIL_LINE(p, "there is no layer '%s'; docs/models.md lists them", word[0]);
    int number = ++p->number[layer.kind];
    snprintf(layer.name, sizeof layer.name, "%s%d", word[0], number);
    if (layer.kind == PV_LAYER_RESIDUAL) {
        if (words != 2 || strcmp(word[1], "{") != 0) FAIL_LINE(p, "'residual {' was expected");
        if (p->depth == PV_NESTING_MAX)
            FAIL_LINE(p, "residuals nest at most %d deep", PV_NESTING_MAX);
        p->open[p->depth++] = PV_LAYER_RESIDUAL;
        return append(p, &layer);
    }
    PV_TRY(parse_values(p, &layer, word + 1, words - 1));
    PV_TRY(check_values(p, &layer));
    return append(p, &layer);
}

/* The next line of text into buffer without its comment: PV_OK, *length moves. */
static pv_status next_line(const parser *p, const char **text, size_t *length,
                           char buffer[LINE_MAX])
{
    const char *end = memchr(*text, '\n', *length);
    size_t n = end == NULL ? *length : (size_t)(end - *text);
    const char *comment = memchr(*text, '#', n);
    size_t used = comment == NULL ? n : (size_t)(comment - *text);
    if (used >= LINE_MAX) FAIL_LINE(p, "the line is longer than %d bytes", LINE_MAX - 1);
    if (memchr(*text, '\0', used) != NULL) FAIL_LINE(p, "a NUL byte; a text file was expected");
    memcpy(buffer, *text, used);
    buffer[used] = '\0';
    *text += n + (end != NULL);
    *length -= n + (end != NULL);
    return PV_OK;
}

static pv_status split_words(const parser *p, char *line, char **word, int *words)
{
    char *save = NULL;
    *words = 0;
    for (char *w = strtok_r(line, " \t\r", &save); w != NULL; w = strtok_r(NULL, " \t\r", &save)) {
        if (*words == WORDS_MAX) FAIL_LINE(p, "more than %d words", WORDS_MAX);
        word[(*words)++] = w;
    }
    return PV_OK;
}

pv_status pv_model_text_parse(pv_layers *out, const char *text, size_t length, const char *where,
                              int classes, int vocabulary)
{
    pv_status status = PV_OK;
    parser p = {.out = out, .where = where};
    char line[LINE_MAX], *word[WORDS_MAX];
    int words;
    *out = (pv_layers){0};
    if (length > TEXT_MAX)
        PV_FAIL(PV_ERR_LIMIT, "%s: %zu bytes, a model text has at most %d", where, length,
                TEXT_MAX);
    PV_TRY_GOTO(add_symbol(&p, "classes", classes));
    if (vocabulary > 0) PV_TRY_GOTO(add_symbol(&p, "vocabulary", vocabulary));
    while (length > 0) {
        p.line++;
        PV_TRY_GOTO(next_line(&p, &text, &length, line));
        PV_TRY_GOTO(split_words(&p, line, word, &words));
        if (words > 0) PV_TRY_GOTO(parse_line(&p, word, words));
    }
    if (p.depth > 0)
        PV_FAIL_GOTO(PV_ERR_FORMAT, "%s:%d: the text ends inside a residual; '}' is missing", where,
                     p.line);
    if (out->count == 0)
        PV_FAIL_GOTO(PV_ERR_FORMAT, "%s: there is no layer in it; a model text was expected",
                     where);
done:
    if (status != PV_OK) pv_layers_clear(out);
    return status;
}

void pv_layers_clear(pv_layers *l)
{
    pv_free(l->layer);
    *l = (pv_layers){0};
}

/* The value that settings ("width=32,depth=2") give to name[0..n), or NULL; *size is its length. */
static const char *setting(const char *settings, const char *name, size_t n, size_t *size)
{
    for (const char *s = settings; *s != '\0';) {
        size_t length = strcspn(s, ",");
        if (length > n && s[n] == '=' && memcmp(s, name, n) == 0) {
            *size = length - n - 1;
            return s + n + 1;
        }
        s += length + (s[length] == ',');
    }
    return NULL;
}

/* If the line is `option NAME=...`, its NAME: returns the length, *name points into the line. */
static size_t option_name(const char *line, const char **name)
{
    line += strspn(line, " \t");
    if (strncmp(line, "option", 6) != 0 || strspn(line + 6, " \t") == 0) return 0;
    *name = line + 6 + strspn(line + 6, " \t");
    return strcspn(*name, "= \t\r");
}

static pv_status check_settings(const char *where, const char *settings, const char *names)
{
    for (const char *s = settings; *s != '\0';) {
        size_t length = strcspn(s, ","), n = strcspn(s, "=,");
        char key[SYMBOL_NAME + 2];
        snprintf(key, sizeof key, " %.*s ", (int)(n < SYMBOL_NAME ? n : SYMBOL_NAME - 1), s);
        if (n == length || n == 0)
            PV_FAIL(PV_ERR_OPTION, "%s: '%.*s' is not NAME=VALUE", where, (int)length, s);
        int own = strcmp(key, " init ") == 0;
        if (!own && (n >= SYMBOL_NAME || strstr(names, key) == NULL))
            PV_FAIL(PV_ERR_OPTION, "%s: the model has no option '%.*s'; it has:%sinit", where,
                    (int)n, s, names);
        s += length + (s[length] == ',');
    }
    return PV_OK;
}

/* Is this line `init HOW`? */
static int is_init(const char *line)
{
    line += strspn(line, " \t");
    return strncmp(line, "init", 4) == 0 && strspn(line + 4, " \t") > 0;
}

pv_status pv_model_text_set(char **out, const char *text, size_t length, const char *where,
                            const char *settings)
{
    pv_status status = PV_OK;
    parser p = {.where = where};
    char line[LINE_MAX], names[SYMBOLS_MAX * (SYMBOL_NAME + 1) + 2] = " ";
    size_t used = 0, init_size = 0;
    const char *init = setting(settings, "init", 4, &init_size);
    *out = NULL;
    if (length > TEXT_MAX)
        PV_FAIL(PV_ERR_LIMIT, "%s: %zu bytes, a model text has at most %d", where, length,
                TEXT_MAX);
    /* Each setting "NAME=VALUE" is written once, over a line that already held `option NAME`, so
     * the copy grows by less than the settings are long. init=A is a line before all others. */
    size_t capacity = length + strlen(settings) + sizeof "init uniform:\n" + 2;
    char *copy = pv_alloc(capacity, 1);
    if (copy == NULL) PV_FAIL_MEMORY(capacity);
    if (init != NULL)
        used += (size_t)snprintf(copy, capacity, "init uniform:%.*s\n", (int)init_size, init);
    while (length > 0) {
        const char *start = text, *name = NULL, *value = NULL;
        size_t size = 0;
        p.line++;
        PV_TRY_GOTO(next_line(&p, &text, &length, line));
        size_t n = option_name(line, &name), known = strlen(names);
        if (n > 0 && n < SYMBOL_NAME && known + n + 2 < sizeof names) {
            char key[SYMBOL_NAME + 2];
            snprintf(key, sizeof key, " %.*s ", (int)n, name);
            if (strstr(names, key) == NULL) value = setting(settings, name, n, &size);
            snprintf(names + known, sizeof names - known, "%.*s ", (int)n, name);
        }
        if (value != NULL)
            used += (size_t)snprintf(copy + used, capacity - used, "option %.*s=%.*s\n", (int)n,
                                     name, (int)size, value);
        else if (init == NULL || !is_init(line)) {
            memcpy(copy + used, start, (size_t)(text - start));
            used += (size_t)(text - start);
        }
    }
    copy[used] = '\0';
    PV_TRY_GOTO(check_settings(where, settings, names));
    *out = copy;
    copy = NULL;
done:
    pv_free(copy);
    return status;
}
