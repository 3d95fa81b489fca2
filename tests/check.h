/* check.h - cmocka, and what every test program needs beside it */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "privet/status.h"

/* expr must succeed; the trail is printed when it doesn't. */
#define CHECK_OK(expr)                                                                             \
    do {                                                                                           \
        pv_status check_status_ = (expr);                                                          \
        if (check_status_ != PV_OK) print_error("%s\n", pv_trail_debug());                         \
        assert_int_equal(check_status_, PV_OK);                                                    \
    } while (0)

/* expr must fail with the status, and the trail must hold the text. */
#define CHECK_FAILS(expr, status, text)                                                            \
    do {                                                                                           \
        pv_trail_clear();                                                                          \
        pv_status check_status_ = (expr);                                                          \
        if (check_status_ != (status) || strstr(pv_trail_text(), (text)) == NULL)                  \
            print_error("got %s: %s\n", pv_status_name(check_status_), pv_trail_text());           \
        assert_int_equal(check_status_, (status));                                                 \
        assert_non_null(strstr(pv_trail_text(), (text)));                                          \
    } while (0)

/* Runs the block once for each request for memory that it makes, letting that request and all later
 * ones fail; the block sets `status` and leaves nothing behind. Ends when the block succeeds. */
#define CHECK_OUT_OF_MEMORY(status)                                                                \
    for (size_t check_left_ = 0, check_again_ = 1; check_again_;                                   \
         pv_mem_fail_after(SIZE_MAX), check_again_ = (status) != PV_OK, check_left_++)             \
        for (int check_once_ =                                                                     \
                 (assert_true(check_left_ < 10000), pv_mem_fail_after(check_left_), 1);            \
             check_once_;                                                                          \
             check_once_ = (assert_true((status) == PV_OK || (status) == PV_ERR_MEMORY), 0))

#endif
