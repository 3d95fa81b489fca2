#include "report/findings_fields.h"

#include <math.h>

/* Counts beyond this are no audit's; products of them stay exact in a double. */
#define COUNT_MAX 1e9
#define WIDE_MAX  9007199254740991.0
#define INT_MANY  1e9
#define REAL_MAX  1e300

/* A row of the tables below, for the struct that S is at the time. */
#define FIELD(k, type, m, low, high)                                                               \
    {                                                                                              \
        k, PV_FIELD_##type, offsetof(S, m), low, high, NULL, 0, 0, NULL                            \
    }
#define TEXT(k, m)            FIELD(k, TEXT, m, 0, 0)
#define PICTURE(k, m)         FIELD(k, PICTURE, m, 0, 0)
#define REAL(k, m, low, high) FIELD(k, REAL, m, low, high)
#define INT(k, m, low, high)  FIELD(k, INT, m, low, high)
#define WIDE(k, m, low, high) FIELD(k, WIDE, m, low, high)
#define SEED(k, m)            FIELD(k, SEED, m, 0, WIDE_MAX)
#define FLAG(k, m)            FIELD(k, FLAG, m, 0, 0)
#define INTERVAL(k, m)        FIELD(k, INTERVAL, m, 0, 1)
#define OBJECT(k, m, inner)                                                                        \
    {                                                                                              \
        k, PV_FIELD_OBJECT, offsetof(S, m), 0, 0, inner, 0, 0, NULL                                \
    }
#define LIST(k, m, n, inner)                                                                       \
    {                                                                                              \
        k, PV_FIELD_LIST, offsetof(S, m), 0, 0, inner, sizeof *((S *)0)->m, offsetof(S, n), NULL   \
    }
#define LATER(k, m, n, inner)                                                                      \
    {                                                                                              \
        k, PV_FIELD_LATER, offsetof(S, m), 0, 0, inner, sizeof *((S *)0)->m, offsetof(S, n), NULL  \
    }
#define SHOWN(k, function)                                                                         \
    {                                                                                              \
        k, PV_FIELD_SHOWN, 0, 0, 0, NULL, 0, 0, function                                           \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, PV_FIELD_END, 0, 0, 0, NULL, 0, 0, NULL                                              \
    }

static json_t *share(const pv_count *c)
{
    return pv_json_number(c->n > 0 ? (double)c->k / (double)c->n : NAN);
}

static json_t *value(const void *finding)
{
    return share(&((const pv_finding *)finding)->count);
}

static json_t *positive(const void *finding)
{
    return share(&((const pv_finding *)finding)->positive.count);
}

static json_t *negative(const void *finding)
{
    return share(&((const pv_finding *)finding)->negative.count);
}

static json_t *level(const void *finding)
{
    return json_string(pv_level_name(pv_finding_level(finding)));
}

#define S pv_count
static const pv_field count_fields[] = {
    WIDE("k", k, 0, COUNT_MAX),
    WIDE("n", n, 0, COUNT_MAX),
    END,
};
#undef S

#define S pv_control
static const pv_field control_fields[] = {
    WIDE("k", count.k, 0, COUNT_MAX),
    WIDE("n", count.n, 0, COUNT_MAX),
    REAL("bound", bound, 0, 1),
    FLAG("unfinished", unfinished),
    FLAG("holds", holds),
    TEXT("what", what),
    END,
};
#undef S

#define S pv_measure
static const pv_field measure_fields[] = {
    TEXT("name", name),
    TEXT("unit", unit),
    REAL("value", value, -REAL_MAX, REAL_MAX),
    REAL("low", low, -REAL_MAX, REAL_MAX),
    REAL("high", high, -REAL_MAX, REAL_MAX),
    REAL("baseline", baseline, -REAL_MAX, REAL_MAX),
    END,
};
#undef S

#define S pv_class_result
static const pv_field class_fields[] = {
    TEXT("name", name),
    WIDE("k", count.k, 0, COUNT_MAX),
    WIDE("n", count.n, 0, COUNT_MAX),
    REAL("auc", auc, 0, 1),
    REAL("low", low, 0, 1),
    REAL("high", high, 0, 1),
    END,
};
#undef S

#define S pv_trial
static const pv_field trial_fields[] = {
    TEXT("name", name),
    REAL("at", at, 0, REAL_MAX),
    WIDE("k", count.k, 0, COUNT_MAX),
    WIDE("n", count.n, 0, COUNT_MAX),
    REAL("baseline", chance, 0, 1),
    FLAG("kept", kept),
    END,
};
#undef S

#define S pv_confidence
static const pv_field confidence_fields[] = {
    REAL("from", from, 0, 1),
    REAL("to", to, 0, 1),
    WIDE("k", count.k, 0, COUNT_MAX),
    WIDE("n", count.n, 0, COUNT_MAX),
    END,
};
#undef S

#define S pv_exhibit
static const pv_field exhibit_fields[] = {
    TEXT("party", party),
    TEXT("what", what),
    WIDE("item", item, 0, COUNT_MAX),
    WIDE("step", step, -1, WIDE_MAX),
    FLAG("recovered", recovered),
    REAL("error", error, 0, REAL_MAX),
    REAL("baseline_error", baseline_error, 0, REAL_MAX),
    REAL("psnr", psnr, -REAL_MAX, REAL_MAX),
    REAL("ssim", ssim, -1.01, 1.01),
    PICTURE("original", original),
    PICTURE("guess", guess),
    PICTURE("baseline", baseline),
    END,
};
#undef S

#define S pv_target
static const pv_field target_fields[] = {
    REAL("error", error, 0, REAL_MAX),
    REAL("baseline", baseline, 0, REAL_MAX),
    FLAG("recovered", recovered),
    END,
};
#undef S

#define S pv_finding
static const pv_field finding_fields[] = {
    TEXT("id", id),
    SHOWN("level", level),
    TEXT("adversary", adversary),
    TEXT("about", about),
    TEXT("assumed", assumed),
    TEXT("knows", knows),
    FLAG("active", active),
    TEXT("secret", secret),
    TEXT("claim", claim),
    TEXT("attack", attack),
    INT("attack_version", attack_version, 0, INT_MANY),
    TEXT("options", options),
    TEXT("metric", metric),
    TEXT("criterion", criterion),
    REAL("limit", limit, -REAL_MAX, REAL_MAX),
    TEXT("means", means),
    TEXT("verb", verb),
    TEXT("item_one", item_one),
    TEXT("item_many", item_many),
    WIDE("k", count.k, 0, COUNT_MAX),
    WIDE("n", count.n, 0, COUNT_MAX),
    SHOWN("value", value),
    INTERVAL("interval", interval),
    REAL("baseline", chance, 0, 1),
    TEXT("baseline_what", chance_what),
    SHOWN("positive_control", positive),
    SHOWN("negative_control", negative),
    OBJECT("positive", positive, control_fields),
    OBJECT("negative", negative, control_fields),
    FLAG("finished", finished),
    TEXT("unfinished", unfinished),
    SEED("seed", seed),
    TEXT("budget", budget),
    REAL("seconds", seconds, 0, REAL_MAX),
    REAL("seconds_each", seconds_each, 0, REAL_MAX),
    LIST("measures", measure, measures, measure_fields),
    LATER("classes", class, classes, class_fields),
    LATER("trials", trial, trials, trial_fields),
    LATER("confidence", sure, sures, confidence_fields),
    TEXT("note", note),
    LIST("targets", target, targets, target_fields),
    LIST("exhibits", exhibit, exhibits, exhibit_fields),
    END,
};
#undef S

#define S pv_findings_party
static const pv_field party_fields[] = {
    TEXT("name", name),
    TEXT("role", role),
    TEXT("title", title),
    WIDE("samples", samples, -1, COUNT_MAX),
    REAL("alone_accuracy", alone_accuracy, 0, 1),
    OBJECT("alone_count", alone_count, count_fields),
    REAL("joint_accuracy", joint_accuracy, 0, 1),
    OBJECT("joint_count", joint_count, count_fields),
    REAL("compute_s", compute, 0, REAL_MAX),
    REAL("channel_s", channel, 0, REAL_MAX),
    REAL("journal_s", journal, 0, REAL_MAX),
    REAL("view_s", view, 0, REAL_MAX),
    REAL("waiting_s", waiting, 0, REAL_MAX),
    TEXT("view_holds", view_holds),
    TEXT("view_retention", view_retention),
    WIDE("view_bytes", view_bytes, -1, WIDE_MAX),
    TEXT("view_hash", view_hash),
    TEXT("view_check", view_check),
    INT("dropped_step", dropped_step, -1, INT_MANY),
    END,
};
#undef S

#define S pv_findings_traffic
static const pv_field traffic_fields[] = {
    TEXT("from", from),
    TEXT("to", to),
    TEXT("message", message),
    WIDE("count", count, 0, WIDE_MAX),
    WIDE("bytes", bytes, 0, WIDE_MAX),
    END,
};
#undef S

#define S pv_findings_customer
static const pv_field customer_fields[] = {
    TEXT("name", name),
    WIDE("rows", rows, 0, COUNT_MAX),
    WIDE("answered", answered, 0, COUNT_MAX),
    WIDE("sent_bytes", sent, 0, WIDE_MAX),
    WIDE("received_bytes", received, 0, WIDE_MAX),
    REAL("seconds", seconds, 0, REAL_MAX),
    OBJECT("right", right, count_fields),
    TEXT("refused", refused),
    END,
};
#undef S

#define S pv_findings_value
static const pv_field value_fields[] = {
    TEXT("name", name),
    WIDE("k", right.k, 0, COUNT_MAX),
    WIDE("n", right.n, 0, COUNT_MAX),
    END,
};
#undef S

#define S pv_findings_told
static const pv_field told_fields[] = {
    TEXT("secret", secret),
    TEXT("to", to),
    TEXT("why", why),
    END,
};
#undef S

#define S pv_findings_open
static const pv_field open_fields[] = {
    TEXT("what", what),
    TEXT("why", why),
    END,
};
#undef S

#define S pv_findings_weak
static const pv_field weak_fields[] = {
    TEXT("setting", setting),
    TEXT("why", why),
    END,
};
#undef S

#define S pv_findings
const pv_field pv_findings_fields[] = {
    TEXT("privet", version),
    TEXT("created", created),
    TEXT("run", run),
    TEXT("scheme", scheme),
    TEXT("setting", setting),
    TEXT("model", model),
    TEXT("data", data),
    TEXT("scenario", scenario),
    TEXT("scenario_hash", scenario_hash),
    TEXT("command", command),
    TEXT("machine", machine),
    INT("threads", threads, 0, INT_MANY),
    SEED("seed", seed),
    INT("steps", steps, 0, INT_MANY),
    INT("rounds", rounds, 0, INT_MANY),
    INT("classes", classes, 0, INT_MANY),
    REAL("seconds", seconds, 0, REAL_MAX),
    REAL("test_accuracy", accuracy, 0, 1),
    OBJECT("test_count", accuracy_count, count_fields),
    REAL("plain_accuracy", plain_accuracy, 0, 1),
    OBJECT("plain_count", plain_count, count_fields),
    REAL("plain_seconds", plain_seconds, 0, REAL_MAX),
    WIDE("pooled_bytes", pooled_bytes, -1, WIDE_MAX),
    TEXT("guarantee", guarantee),
    TEXT("guarantee_why", guarantee_why),
    TEXT("truth_root", truth_root),
    TEXT("guess_hash", guess_hash),
    FLAG("with_originals", with_originals),
    LIST("findings", finding, findings, finding_fields),
    LATER("weakened_by", weak, weaks, weak_fields),
    LIST("told", told, tolds, told_fields),
    LIST("not_tested", open, opens, open_fields),
    LIST("parties", party, parties, party_fields),
    LIST("traffic", traffic, traffics, traffic_fields),
    LATER("customers", customer, customers, customer_fields),
    LATER("by_secret", value, values, value_fields),
    END,
};
#undef S
