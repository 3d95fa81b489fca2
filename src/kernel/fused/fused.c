#include "kernel/fused/fused.h"

#include "kernel/fused/machine.h"
#include <omp.h>
#include <string.h>

/* Elements in a block: with a dozen live values a block stays in a 32 KiB first-level cache. */
enum { BLOCK = 512, ALIGN = 16 /* floats */ };

/* Where a slot's elements come from. */
typedef enum origin {
    FROM_INPUT,  /* FULL input: follows the block */
    FROM_OUTPUT, /* FULL output: follows the block */
    FROM_ROW,    /* ROW input that is longer than a block: follows the column */
    FROM_BUFFER, /* own buffer: temporaries, and constants filled once for each thread */
} origin;

typedef struct slot {
    origin origin;
    int index;     /* which input or output */
    size_t buffer; /* offset of the own buffer in the thread's scratch, in floats */
} slot;

typedef struct prefill { /* buffers that are the same for every block */
    pv_fused_kind kind;  /* ROW or SCALAR */
    int input, slot;     /* input -1: the constant */
    float value;
} prefill;

typedef struct sink {
    pv_fused_kind kind;
    int output, slot;
    size_t sum; /* offset of the thread's partial sums */
} sink;

struct pv_fused {
    int64_t rows, columns, count;
    int short_rows; /* a block holds whole rows; otherwise a row holds whole blocks and a rest */
    int64_t rows_a_block; /* when short_rows */
    int64_t chunks;       /* blocks in a row, when not */
    int64_t blocks;
    int whole_rows; /* a thread takes whole rows, though they are longer than a block */
    int block;      /* most elements in a block */
    int threads;
    int steps, slots, prefills, columns_in, sinks;
    pv_machine_step *step;
    slot *slot;
    prefill *prefill;
    struct {
        int input, slot;
    } * column; /* COLUMN inputs: filled for every block */
    sink *sink;
    size_t thread_floats; /* scratch of one thread */
    size_t sum_floats;    /* its first part: partial sums */
    size_t sum_length;    /* floats of one partial sum */
    const pv_machine *machine;
};

static const pv_machine *choose(void)
{
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq"))
        return &pv_machine_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2"))
        return &pv_machine_avx2;
    return &pv_machine_baseline;
}

const char *pv_fused_isa(void)
{
    return choose()->isa;
}

int pv_fused_in_place(const pv_fused_spec *s, int output, int input)
{
    int made = s->result[output] - s->inputs;
    if (s->input[input] != PV_FUSED_FULL || s->output[output] != PV_FUSED_FULL || made < 0)
        return 0;
    for (int i = made + 1; i < s->instructions; i++)
        for (int k = 0; k < pv_op_inputs(s->instruction[i].op); k++)
            if (s->instruction[i].arg[k] == input) return 0;
    for (int k = 0; k < s->outputs; k++) /* sums read it after all instructions */
        if (s->result[k] == input) return 0;
    return 1;
}

/* ---- building ---- */

static void choose_blocks(pv_fused *f)
{
    f->short_rows = f->columns <= BLOCK;
    if (f->short_rows) {
        f->rows_a_block = BLOCK / f->columns;
        if (f->rows_a_block > f->rows) f->rows_a_block = f->rows;
        f->blocks = (f->rows + f->rows_a_block - 1) / f->rows_a_block;
        f->block = (int)(f->rows_a_block * f->columns);
    } else {
        f->chunks = (f->columns + BLOCK - 1) / BLOCK;
        f->blocks = f->rows * f->chunks;
        f->block = BLOCK;
    }
}

static size_t padded(int64_t n)
{
    return (size_t)(n + ALIGN - 1) / ALIGN * ALIGN;
}

static int last_use(const pv_fused_spec *s, int value)
{
    int last = -1;
    for (int i = 0; i < s->instructions; i++)
        for (int k = 0; k < pv_op_inputs(s->instruction[i].op); k++)
            if (s->instruction[i].arg[k] == value) last = i;
    for (int k = 0; k < s->outputs; k++)
        if (s->result[k] == value && s->output[k] != PV_FUSED_FULL) last = s->instructions;
    return last;
}

static int stored_as(const pv_fused_spec *s, int value)
{
    for (int k = 0; k < s->outputs; k++)
        if (s->result[k] == value && s->output[k] == PV_FUSED_FULL) return k;
    return -1;
}

static int own_buffer(pv_fused *f)
{
    f->slot[f->slots] = (slot){.origin = FROM_BUFFER, .buffer = f->thread_floats};
    f->thread_floats += padded(f->block);
    return f->slots++;
}

/* Inputs and constants get slots; those that never change are filled before the first block. */
static void place_inputs(pv_fused *f, const pv_fused_spec *s, int *slot_of)
{
    for (int i = 0; i < s->inputs; i++) {
        if (s->input[i] == PV_FUSED_FULL || (s->input[i] == PV_FUSED_ROW && !f->short_rows)) {
            f->slot[f->slots] =
                (slot){.origin = s->input[i] == PV_FUSED_FULL ? FROM_INPUT : FROM_ROW, .index = i};
            slot_of[i] = f->slots++;
            continue;
        }
        slot_of[i] = own_buffer(f);
        if (s->input[i] == PV_FUSED_COLUMN) {
            f->column[f->columns_in].input = i;
            f->column[f->columns_in++].slot = slot_of[i];
        } else {
            f->prefill[f->prefills++] =
                (prefill){.kind = s->input[i], .input = i, .slot = slot_of[i]};
        }
    }
}

/* Temporaries reuse the buffers of values that nobody reads any more. */
static void place_results(pv_fused *f, const pv_fused_spec *s, int *slot_of)
{
    int free_slot[PV_FUSED_MAX], n_free = 0;
    for (int i = 0; i < s->instructions; i++) {
        const pv_fused_instruction *in = &s->instruction[i];
        int value = s->inputs + i, out = stored_as(s, value);
        if (in->op == PV_OP_CONST) {
            slot_of[value] = own_buffer(f);
            f->prefill[f->prefills++] = (prefill){
                .kind = PV_FUSED_SCALAR, .input = -1, .slot = slot_of[value], .value = in->shift};
            continue;
        }
        if (out >= 0) {
            f->slot[f->slots] = (slot){.origin = FROM_OUTPUT, .index = out};
            slot_of[value] = f->slots++;
        } else {
            slot_of[value] = n_free > 0 ? free_slot[--n_free] : own_buffer(f);
        }
        pv_machine_step *step = &f->step[f->steps++];
        *step = (pv_machine_step){
            .op = in->op, .to = (int16_t)slot_of[value], .scale = in->scale, .shift = in->shift};
        for (int k = 0; k < pv_op_inputs(in->op); k++) step->from[k] = (int16_t)slot_of[in->arg[k]];
        for (int k = 0; k < pv_op_inputs(in->op); k++) {
            int arg = in->arg[k], repeated = 0;
            for (int j = 0; j < k; j++) repeated |= in->arg[j] == arg;
            if (repeated || arg < s->inputs || s->instruction[arg - s->inputs].op == PV_OP_CONST)
                continue;
            if (stored_as(s, arg) < 0 && last_use(s, arg) == i) free_slot[n_free++] = slot_of[arg];
        }
        if (out < 0 && last_use(s, value) < 0) free_slot[n_free++] = slot_of[value];
    }
}

static void place_sinks(pv_fused *f, const pv_fused_spec *s, const int *slot_of)
{
    f->sum_length = padded(f->short_rows || f->columns < BLOCK ? f->block : f->columns);
    for (int k = 0; k < s->outputs; k++) {
        if (s->output[k] == PV_FUSED_FULL) continue;
        f->sink[f->sinks++] = (sink){
            .kind = s->output[k], .output = k, .slot = slot_of[s->result[k]], .sum = f->sum_floats};
        f->sum_floats += f->sum_length;
        f->whole_rows |= s->output[k] == PV_FUSED_COLUMN && !f->short_rows;
    }
}

pv_status pv_fused_new(pv_fused **out, const pv_fused_spec *s, size_t *scratch_bytes)
{
    int slot_of[2 * PV_FUSED_MAX];
    *out = NULL;
    pv_fused *f = pv_calloc(1, sizeof *f);
    if (f == NULL) PV_FAIL_MEMORY(sizeof *f);
    size_t values = (size_t)(s->inputs + s->instructions);
    *f = (pv_fused){
        .rows = s->rows, .columns = s->columns, .count = s->rows * s->columns, .machine = choose()};
    f->step = pv_calloc((size_t)s->instructions, sizeof *f->step);
    f->slot = pv_calloc(values, sizeof *f->slot);
    f->prefill = pv_calloc(values, sizeof *f->prefill);
    f->column = pv_calloc((size_t)s->inputs, sizeof *f->column);
    f->sink = pv_calloc((size_t)s->outputs, sizeof *f->sink);
    if (!f->step || !f->slot || !f->prefill || !f->column || !f->sink) {
        pv_fused_free(f);
        PV_FAIL_MEMORY(values * sizeof *f->slot);
    }
    choose_blocks(f);
    place_inputs(f, s, slot_of);
    place_results(f, s, slot_of);
    place_sinks(f, s, slot_of);
    f->thread_floats += f->sum_floats;
    f->threads = s->threads < 1 ? 1 : s->threads;
    if (f->threads > f->blocks) f->threads = (int)f->blocks;
    *scratch_bytes = (size_t)f->threads * f->thread_floats * sizeof(float);
    *out = f;
    return PV_OK;
}

void pv_fused_free(pv_fused *f)
{
    if (f == NULL) return;
    pv_free(f->step);
    pv_free(f->slot);
    pv_free(f->prefill);
    pv_free(f->column);
    pv_free(f->sink);
    pv_free(f);
}

/* ---- running ---- */

static void fill_once(const pv_fused *f, const float *const *input, float *const *at)
{
    for (int k = 0; k < f->prefills; k++) {
        const prefill *p = &f->prefill[k];
        if (p->kind == PV_FUSED_SCALAR) {
            f->machine->fill(at[p->slot], p->input < 0 ? p->value : input[p->input][0], f->block);
        } else {
            for (int64_t r = 0; r < f->rows_a_block; r++)
                memcpy(at[p->slot] + r * f->columns, input[p->input],
                       (size_t)f->columns * sizeof(float));
        }
    }
}

static void sink_block(const pv_fused *f, float *const *at, float *sums, float *const *output,
                       int64_t row, int64_t column, int n)
{
    for (int k = 0; k < f->sinks; k++) {
        const sink *s = &f->sink[k];
        float *sum = sums + s->sum;
        const float *x = at[s->slot];
        if (s->kind == PV_FUSED_SCALAR) {
            f->machine->accumulate(sum, x, n);
        } else if (s->kind == PV_FUSED_ROW) {
            f->machine->accumulate(f->short_rows ? sum : sum + column, x, n);
        } else if (f->short_rows) {
            for (int64_t r = 0; r * f->columns < n; r++)
                output[s->output][row + r] = f->machine->total(x + r * f->columns, (int)f->columns);
        } else {
            float part = f->machine->total(x, n);
            output[s->output][row] = column == 0 ? part : output[s->output][row] + part;
        }
    }
}

/* Blocks [from, to), which of one thread. */
static void run_blocks(const pv_fused *f, const float *const *input, float *const *output,
                       float *scratch, int64_t from, int64_t to)
{
    float *at[2 * PV_FUSED_MAX];
    for (int k = 0; k < f->slots; k++)
        if (f->slot[k].origin == FROM_BUFFER) at[k] = scratch + f->sum_floats + f->slot[k].buffer;
    if (f->sum_floats > 0) memset(scratch, 0, f->sum_floats * sizeof(float));
    fill_once(f, input, at);
    for (int64_t b = from; b < to; b++) {
        int64_t row = f->short_rows ? b * f->rows_a_block : b / f->chunks;
        int64_t column = f->short_rows ? 0 : (b % f->chunks) * BLOCK;
        int64_t offset = row * f->columns + column;
        int64_t left = f->short_rows ? f->count - offset : f->columns - column;
        int n = (int)(left < f->block ? left : f->block);
        for (int k = 0; k < f->slots; k++) {
            const slot *s = &f->slot[k];
            if (s->origin == FROM_INPUT)
                at[k] = (float *)(uintptr_t)input[s->index] + offset;
            else if (s->origin == FROM_OUTPUT)
                at[k] = output[s->index] + offset;
            else if (s->origin == FROM_ROW)
                at[k] = (float *)(uintptr_t)input[s->index] + column;
        }
        for (int k = 0; k < f->columns_in; k++) {
            const float *value = input[f->column[k].input] + row;
            float *to_fill = at[f->column[k].slot];
            if (!f->short_rows)
                f->machine->fill(to_fill, value[0], n);
            else
                for (int64_t r = 0; r * f->columns < n; r++)
                    f->machine->fill(to_fill + r * f->columns, value[r], (int)f->columns);
        }
        f->machine->run(f->step, f->steps, at, n);
        if (f->sinks > 0) sink_block(f, at, scratch, output, row, column, n);
    }
}

/* Add up what the threads and the positions of a block have gathered, always in the same order. */
static void fold(const pv_fused *f, float *const *output, const float *scratch)
{
    for (int k = 0; k < f->sinks; k++) {
        const sink *s = &f->sink[k];
        if (s->kind == PV_FUSED_COLUMN) continue;
        int64_t stride = s->kind == PV_FUSED_SCALAR ? 1 : f->columns;
        int64_t length = s->kind == PV_FUSED_ROW && !f->short_rows ? f->columns : f->block;
        int64_t results = s->kind == PV_FUSED_SCALAR ? 1 : f->columns;
        for (int64_t c = 0; c < results; c++) {
            double sum = 0;
            for (int t = 0; t < f->threads; t++) {
                const float *part = scratch + (size_t)t * f->thread_floats + s->sum;
                for (int64_t i = c; i < length; i += stride) sum += (double)part[i];
            }
            output[s->output][c] = (float)sum;
        }
    }
}

void pv_fused_run(const pv_fused *f, const float *const *input, float *const *output, void *scratch)
{
    if (f->threads == 1) {
        run_blocks(f, input, output, scratch, 0, f->blocks);
    } else {
        /* a row that is longer than a block stays with one thread: its column sums are gathered
         * there */
        int64_t unit = f->short_rows           ? 1
                       : f->rows >= f->threads ? f->chunks
                                               : 1,
                units = f->blocks / unit;
#pragma omp parallel num_threads(f->threads)
        {
            int64_t t = omp_get_thread_num();
            run_blocks(f, input, output, (float *)scratch + (size_t)t * f->thread_floats,
                       units * t / f->threads * unit, units * (t + 1) / f->threads * unit);
        }
    }
    if (f->sinks > 0) fold(f, output, scratch);
}
