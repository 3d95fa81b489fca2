/* data/glyph.h - handwritten-looking digits, drawn
 *
 * A digit is a few strokes, given as curves through a handful of points in one of several ways of
 * writing it (glyph_styles.c). A hand is drawn at random: it moves the points, slants, turns,
 * stretches and bends the whole, presses and lifts; the pen has a width, a nib and an edge; the
 * paper is not clean. glyph.c goes through these steps in this order.
 */
#ifndef PV_DATA_GLYPH_H
#define PV_DATA_GLYPH_H

#include "privet/rng.h"

enum { PV_GLYPH_SIDE = 28, PV_GLYPH_PIXELS = PV_GLYPH_SIDE * PV_GLYPH_SIDE };

/* Bright ink on dark paper; everything random comes from rng. */
void pv_glyph_draw(uint8_t pixels[PV_GLYPH_PIXELS], int digit, pv_rng *rng);

/* A way of writing a digit: places in a box 100 wide and 100 high, y downwards. */
typedef enum pv_pen {
    PV_PEN_END,   /* past the last place */
    PV_PEN_DOWN,  /* a stroke begins here */
    PV_PEN_CURVE, /* passes through smoothly */
    PV_PEN_TURN   /* a corner */
} pv_pen;
typedef struct pv_place {
    signed char pen, x, y;
} pv_place;

enum { PV_GLYPH_PLACES = 24, PV_GLYPH_STYLES = 5 };
typedef struct pv_glyph_style {
    int weight; /* how often it is written, against its siblings; 0: there is no such style */
    pv_place place[PV_GLYPH_PLACES];
} pv_glyph_style;

extern const pv_glyph_style pv_glyph_styles[10][PV_GLYPH_STYLES];

#endif
