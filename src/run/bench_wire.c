#include "run/bench_wire.h"

#include "base/clock.h"
#include "base/mem.h"
#include "run/bench_link.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { DATA = PV_TYPE_FIRST, LAST, STEP = 8, SMALL_STEP = 512, SMALL = 8 };

typedef struct bench_case {
    const char *name;
    pv_retention retention;
    int there_and_back;
} bench_case;

static const bench_case cases[PV_BENCH_WIRE_CASES] = {
    {"tls-digest", {PV_RETAIN_DIGEST, 0}, 0},
    {"tls-full", {PV_RETAIN_FULL, 0}, 0},
    {"latency", {PV_RETAIN_DIGEST, 0}, 1},
};

typedef struct end {
    pv_hub *hub;
    const bench_case *what;
    double seconds; /* sender: how long to send */
    size_t numbers; /* f64 in a message */
    uint64_t messages;
    double began, ended;
    pv_status status;
    char trail[512];
} end;

const char *pv_bench_wire_name(int i)
{
    return i >= 0 && i < PV_BENCH_WIRE_CASES ? cases[i].name : NULL;
}

/* ---- the two roles */

static pv_status step(end *e, uint64_t message)
{
    uint64_t messages = e->what->there_and_back ? SMALL_STEP : STEP;
    if (message % messages != 0) return PV_OK;
    pv_hub_set_step(e->hub, message / messages + 1);
    return pv_commit(e->hub, message / messages, NULL, 0);
}

static pv_status answer(end *e, uint16_t type)
{
    pv_message m;
    PV_TRY(pv_recv(&m, e->hub, 0, type, 60));
    pv_message_clear(&m);
    return PV_OK;
}

static pv_status send_all(end *e)
{
    pv_status status = PV_OK;
    double *data = pv_calloc(e->numbers, sizeof *data);
    if (data == NULL) PV_FAIL_MEMORY(e->numbers * sizeof *data);
    pv_part part = {"data", PV_F64, PV_SHAPE((int64_t)e->numbers), data};
    PV_TRY_GOTO(pv_hub_wait(e->hub, 60));
    double until = pv_clock_seconds() + e->seconds;
    for (uint64_t i = 1; pv_clock_seconds() < until; i++) {
        data[0] = (double)i;
        PV_TRY_GOTO(pv_send(e->hub, 0, DATA, &part, 1));
        PV_TRY_GOTO(pv_flush(e->hub));
        if (e->what->there_and_back) PV_TRY_GOTO(answer(e, DATA));
        PV_TRY_GOTO(step(e, i));
    }
    part.shape.dim[0] = 1;
    PV_TRY_GOTO(pv_send(e->hub, 0, LAST, &part, 1));
    PV_TRY_GOTO(pv_commit(e->hub, UINT32_MAX, NULL, 0));
    PV_TRY_GOTO(pv_hub_finish(e->hub, 10));
done:
    pv_free(data);
    return status;
}

static pv_status receive_all(end *e)
{
    double back = 0;
    pv_part part = {"data", PV_F64, PV_SHAPE(1), &back};
    PV_TRY(pv_hub_wait(e->hub, 60));
    for (uint16_t type = DATA; type != LAST;) {
        pv_message m;
        PV_TRY(pv_recv(&m, e->hub, 0, 0, 60));
        type = m.type;
        e->ended = pv_clock_seconds();
        if (e->messages == 0) e->began = e->ended;
        if (type == DATA) e->messages++;
        pv_message_clear(&m);
        if (type == DATA && e->what->there_and_back) PV_TRY(pv_send(e->hub, 0, DATA, &part, 1));
        if (type == DATA) PV_TRY(step(e, e->messages));
    }
    PV_TRY(pv_commit(e->hub, UINT32_MAX, NULL, 0));
    return pv_hub_finish(e->hub, 10);
}

static void *receiver(void *arg)
{
    end *e = arg;
    e->status = receive_all(e);
    snprintf(e->trail, sizeof e->trail, "%s", pv_trail_text());
    return NULL;
}

/* ---- a case */

static pv_status open_link(pv_bench_link *l, const bench_case *what, const pv_ctx *ctx)
{
    const pv_message_type type[] = {
        {DATA, "data", "data f64", (uint64_t)1 << 31, what->retention},
        {LAST, "last", "data f64", 1024, {PV_RETAIN_FULL, 0}},
    };
    return pv_bench_link_open(l,
                              &(pv_bench_link_options){.scheme = "bench",
                                                       .agreement = "bench wire\n",
                                                       .type = type,
                                                       .types = 2,
                                                       .window = (size_t)256 << 20},
                              ctx);
}

static void judge(pv_bench_wire_figure *f, const end *from, const end *to, size_t message_bytes)
{
    const end *both[2] = {from, to};
    f->name = to->what->name;
    f->messages = to->messages;
    f->seconds = to->ended - to->began;
    f->message_bytes = message_bytes;
    double rate = f->seconds > 0 ? (double)(to->messages - 1) / f->seconds : 0;
    f->mb_per_s = to->what->there_and_back ? 0 : rate * (double)message_bytes / 1e6;
    f->us = to->what->there_and_back && rate > 0 ? 1e6 / rate : 0;
    for (int i = 0; i < 2; i++) {
        pv_hub_seconds s = pv_hub_seconds_of(both[i]->hub);
        f->channel[i] = s.channel;
        f->view[i] = s.view;
    }
}

static pv_status run_case(pv_bench_wire_figure *f, pv_bench_link *l, const bench_case *what,
                          double seconds, size_t message_bytes, const pv_ctx *ctx)
{
    pthread_t thread;
    pv_status status = PV_OK;
    const end one = {.what = what,
                     .seconds = seconds,
                     .numbers = what->there_and_back ? SMALL : message_bytes / 8};
    end from = one, to = one;
    PV_TRY_GOTO(open_link(l, what, ctx));
    from.hub = l->hub[0];
    to.hub = l->hub[1];
    if (pthread_create(&thread, NULL, receiver, &to) != 0)
        PV_FAIL_GOTO(PV_ERR_RUN, "no thread for the receiver");
    status = send_all(&from);
    pthread_join(thread, NULL);
    if (status == PV_OK && to.status != PV_OK)
        status = pv_trail_fail(to.status, __FILE__, __LINE__, "%s", to.trail);
    if (status == PV_OK) judge(f, &from, &to, from.numbers * 8);
done:
    pv_bench_link_close(l);
    return status;
}

pv_status pv_bench_wire(pv_bench_wire_figure figure[PV_BENCH_WIRE_CASES], int *count,
                        const char *only, double seconds, size_t message_bytes, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_bench_link link;
    *count = 0;
    PV_TRY_GOTO(pv_bench_link_init(&link, "from", "to"));
    for (int i = 0; i < PV_BENCH_WIRE_CASES; i++) {
        if (only != NULL && strcmp(only, cases[i].name) != 0) continue;
        PV_TRY_GOTO(run_case(&figure[*count], &link, &cases[i], seconds, message_bytes, ctx));
        (*count)++;
    }
done:
    pv_bench_link_clear(&link);
    return status;
}
