#include "run/audit_i.h"

#include <string.h>

/* One line a kind of record that attacks read. */
static const pv_audit_reads table[] = {
    {.type = NULL, .targets = pv_audit_message_targets, .control = pv_audit_message_control},
    {.type = "activation-gradient",
     .means = "the gradients it decrypted",
     .alone = "not possible alone: only %s decrypts these gradients",
     .targets = pv_audit_note_targets,
     .known = pv_audit_know_labels,
     .control = pv_audit_note_control,
     .rows = 1},
    {.type = "logits",
     .means = "the logits it opened",
     .alone = "not possible alone: only %s sees the logits",
     .targets = pv_audit_note_targets,
     .known = pv_audit_know_rows,
     .control = pv_audit_note_control,
     .rows = 1},
    {.type = "answer",
     .wants = "answers",
     .means = "the answers it got",
     .alone = "not possible alone: a copy is learnt from what %s asked, in its own view",
     .targets = pv_audit_query_targets,
     .known = pv_audit_know_cut,
     .control = pv_audit_query_control,
     .rows = 1,
     .cut = 1},
    {.type = "activation",
     .means = "the activations it received",
     .targets = pv_audit_query_targets,
     .known = pv_audit_know_cut,
     .control = pv_audit_query_control,
     .rows = 1,
     .cut = 1},
    {.type = "answer",
     .means = "the answers it got",
     .alone = "not possible alone: only %s knows what went into the layer",
     .targets = pv_audit_weight_targets,
     .known = pv_audit_know_measured,
     .control = pv_audit_weight_control,
     .score = pv_audit_score_weights},
};

pv_status pv_audit_reads_of(const pv_audit_reads **out, const pv_attack *a)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *type = table[i].type, *wants = table[i].wants;
        if (wants != NULL && strcmp(wants, a->wants) != 0) continue;
        if (table[i].cut != ((a->needs & PV_NEEDS_FRONT) != 0)) continue;
        if (table[i].cut) { /* messages, whatever it says that it reads */
            *out = &table[i];
            return PV_OK;
        }
        if (type == a->reads || (type != NULL && a->reads != NULL && strcmp(type, a->reads) == 0)) {
            *out = &table[i];
            return PV_OK;
        }
    }
    PV_FAIL(PV_ERR_UNSUPPORTED, "the attack %s reads \"%s\", of which an audit knows nothing",
            a->name, a->reads);
}
