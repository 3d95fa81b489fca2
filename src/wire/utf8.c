#include "wire/utf8.h"

size_t pv_utf8_check(const uint8_t *p, size_t n)
{
    size_t i = 0;
    while (i < n) {
        uint8_t b = p[i];
        /* bytes that follow; the smallest code that needs so many (shorter is a disguise) */
        size_t more = b < 0x80 ? 0 : b >= 0xC2 && b < 0xE0 ? 1 : b >= 0xE0 && b < 0xF0 ? 2 : 3;
        static const uint32_t smallest[] = {1, 0x80, 0x800, 0x10000};
        if ((b >= 0x80 && b < 0xC2) || b > 0xF4 || more >= n - i) return i;
        uint32_t code = more == 0 ? b : b & (0x3Fu >> more);
        for (size_t k = 1; k <= more; k++) {
            if ((p[i + k] & 0xC0) != 0x80) return i;
            code = code << 6 | (p[i + k] & 0x3F);
        }
        if (code < smallest[more] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return i;
        i += more + 1;
    }
    return n;
}
