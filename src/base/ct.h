/* base/ct.h - marking secrets, so that valgrind reports every branch and address they reach
 *
 * A secret is marked as undefined memory; memcheck then complains where control flow or an address
 * depends on it. What a protocol may reveal is marked public again. The marks do something only
 * where PV_CT_CHECK is defined (the tests labelled `valgrind`), and only under valgrind.
 *
 *     PV_CT_SECRET(key, 32);
 *     int ok = pv_secret_equal(tag, expected, 16);
 *     PV_CT_PUBLIC(&ok, sizeof ok);
 */
#ifndef PV_BASE_CT_H
#define PV_BASE_CT_H

#ifdef PV_CT_CHECK
#include <valgrind/memcheck.h>
#define PV_CT_SECRET(p, size) ((void)VALGRIND_MAKE_MEM_UNDEFINED((p), (size)))
#define PV_CT_PUBLIC(p, size) ((void)VALGRIND_MAKE_MEM_DEFINED((p), (size)))
#else
#define PV_CT_SECRET(p, size) ((void)(p), (void)(size))
#define PV_CT_PUBLIC(p, size) ((void)(p), (void)(size))
#endif

#endif
