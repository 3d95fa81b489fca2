/* make_views FOLDER: two ends of a link, each with its view, for tests of the program: a.view and
 * server.view; lies.view, in which the server claims to have received something else. */
#include "../unit/view/link.h"

int main(int argc, char **argv)
{
    link_run l;
    pv_view_writer *w;
    char path[256];
    if (argc != 2) return 2;
    link_init(&l, argv[1]);
    link_steps(&l);
    link_close(&l);
    link_name(&l, path, "lies.view");
    CHECK_OK(pv_view_create(&w, path, &l.end[SERVER].header));
    pv_view_record r = {.step = 1, .kind = PV_VIEW_RECEIVED, .type = UPDATE, .link = 1, .size = 5};
    CHECK_OK(pv_hash_of(&r.payload, "other", 5));
    CHECK_OK(pv_view_append(w, &r, "other"));
    CHECK_OK(pv_view_sync(w));
    pv_view_writer_free(w);
    for (int i = 0; i < 2; i++) pv_identity_free(l.end[i].identity);
    return 0;
}
