#include "data/glyph.h"

#include <math.h>
#include <string.h>

enum { SIDE = PV_GLYPH_SIDE, STEPS = 8, WAVES = 3 };

#define PI 3.14159265f

typedef struct point {
    float x, y;
} point;

/* How one digit is written: all of it drawn at random before the first stroke. */
typedef struct hand {
    float turn[2][2];         /* from the box, centred, to pixels */
    point centre;             /* in pixels */
    float wave[WAVES][2][4];  /* bending: amplitude, frequency in x and y, phase; of x and of y */
    float radius;             /* half the width of a stroke, in pixels */
    float nib, nib_angle;     /* a broad nib's share of the width, and where it points */
    float press, press_step;  /* how the pressure changes along a stroke */
    float edge;               /* width of the edge of the ink, in pixels */
    float ink;                /* how bright */
    float gap_at, gap_length; /* a place on the first stroke where the pen fails; length 0: none */
} hand;

static float uniform(pv_rng *r, float low, float high)
{
    return low + (high - low) * (float)(pv_rng_u32(r) >> 8) * 0x1p-24f;
}

/* Nearly normal, bounded: no digit leaves the picture for one draw in a million. */
static float bell(pv_rng *r, float deviation)
{
    float sum = 0;
    for (int i = 0; i < 4; i++) sum += uniform(r, -1.0f, 1.0f);
    return deviation * sum * 0.8660254f; /* the sum of four has variance 4/3 */
}

static const pv_glyph_style *choose_style(int digit, pv_rng *r)
{
    const pv_glyph_style *style = pv_glyph_styles[digit];
    int total = 0, i = 0;
    for (int k = 0; k < PV_GLYPH_STYLES; k++) total += style[k].weight;
    for (int at = (int)pv_rng_below(r, (uint64_t)total); at >= style[i].weight; i++)
        at -= style[i].weight;
    return &style[i];
}

static void draw_hand(hand *h, pv_rng *r)
{
    float angle = bell(r, 0.10f), slant = -0.12f + bell(r, 0.16f);
    float tall = uniform(r, 0.17f, 0.215f), wide = tall * uniform(r, 0.75f, 1.10f);
    float c = cosf(angle), s = sinf(angle);
    /* Stretch, then slant, then turn. */
    h->turn[0][0] = c * wide;
    h->turn[0][1] = (c * slant - s) * tall;
    h->turn[1][0] = s * wide;
    h->turn[1][1] = (s * slant + c) * tall;
    h->centre.x = 13.5f + bell(r, 1.0f);
    h->centre.y = 13.5f + bell(r, 1.0f);
    for (int k = 0; k < WAVES; k++)
        for (int a = 0; a < 2; a++) {
            h->wave[k][a][0] = bell(r, 0.42f) / (float)(k + 1);
            h->wave[k][a][1] = bell(r, 0.11f) * (float)(k + 1);
            h->wave[k][a][2] = bell(r, 0.11f) * (float)(k + 1);
            h->wave[k][a][3] = uniform(r, 0.0f, 2 * PI);
        }
    h->radius = 0.62f * expf(uniform(r, 0.0f, 1.15f));
    h->nib = uniform(r, 0.0f, 0.45f);
    h->nib_angle = uniform(r, 0.0f, PI);
    h->press = uniform(r, 0.0f, 0.35f);
    h->press_step = uniform(r, 0.03f, 0.12f);
    h->edge = uniform(r, 0.7f, 1.5f);
    h->ink = uniform(r, 0.62f, 1.0f);
    h->gap_at = uniform(r, 0.15f, 0.85f);
    h->gap_length = pv_rng_below(r, 8) == 0 ? uniform(r, 0.04f, 0.10f) : 0.0f;
}

/* From the box to the picture: the linear part, then the bending. */
static point place(const hand *h, float x, float y)
{
    float u = x - 50.0f, v = y - 50.0f;
    point p = {h->centre.x + h->turn[0][0] * u + h->turn[0][1] * v,
               h->centre.y + h->turn[1][0] * u + h->turn[1][1] * v};
    point q = p;
    for (int k = 0; k < WAVES; k++) {
        const float *wx = h->wave[k][0], *wy = h->wave[k][1];
        q.x += wx[0] * sinf(wx[1] * p.x + wx[2] * p.y + wx[3]);
        q.y += wy[0] * sinf(wy[1] * p.x + wy[2] * p.y + wy[3]);
    }
    return q;
}

/* Ink along the segment a-b, whose half width goes from ra to rb. */
static void draw_segment(float *canvas, point a, point b, float ra, float rb, float edge)
{
    float reach = fmaxf(ra, rb) + edge;
    int x0 = (int)floorf(fminf(a.x, b.x) - reach), x1 = (int)ceilf(fmaxf(a.x, b.x) + reach);
    int y0 = (int)floorf(fminf(a.y, b.y) - reach), y1 = (int)ceilf(fmaxf(a.y, b.y) + reach);
    x0 = x0 < 0 ? 0 : x0;
    y0 = y0 < 0 ? 0 : y0;
    x1 = x1 > SIDE - 1 ? SIDE - 1 : x1;
    y1 = y1 > SIDE - 1 ? SIDE - 1 : y1;
    float dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
    float inverse = length > 1e-12f ? 1.0f / length : 0.0f;
    for (int y = y0; y <= y1; y++)
        for (int x = x0; x <= x1; x++) {
            float u = (float)x - a.x, v = (float)y - a.y;
            float t = fminf(fmaxf((u * dx + v * dy) * inverse, 0.0f), 1.0f);
            float ex = u - t * dx, ey = v - t * dy;
            float depth = (ra + t * (rb - ra) - sqrtf(ex * ex + ey * ey)) / edge + 0.5f;
            float ink = fminf(fmaxf(depth, 0.0f), 1.0f);
            float *pixel = &canvas[y * SIDE + x];
            if (ink > *pixel) *pixel = ink;
        }
}

/* Half the width of the stroke where it runs in the direction (dx, dy), the `step`th of a digit. */
static float width_at(const hand *h, float dx, float dy, float step)
{
    float across = cosf(2.0f * (atan2f(dy, dx) - h->nib_angle));
    float press = sinf(h->press_step * step + 7.0f * h->nib_angle);
    return h->radius * (1.0f - h->nib * across) * (1.0f + h->press * press);
}

/* The curve from p[1] to p[2] as p[0] and p[3] bend it (Catmull-Rom). */
static point curve(const point p[4], float t)
{
    float t2 = t * t, t3 = t2 * t;
    float w0 = 0.5f * (-t3 + 2 * t2 - t), w1 = 0.5f * (3 * t3 - 5 * t2 + 2);
    float w2 = 0.5f * (-3 * t3 + 4 * t2 + t), w3 = 0.5f * (t3 - t2);
    return (point){w0 * p[0].x + w1 * p[1].x + w2 * p[2].x + w3 * p[3].x,
                   w0 * p[0].y + w1 * p[1].y + w2 * p[2].y + w3 * p[3].y};
}

/* One stroke of n places: curves between corners. `step` counts on from stroke to stroke. */
static void draw_stroke(float *canvas, const hand *h, const pv_place *way, const point *at, int n,
                        int first, float *step)
{
    float total = (float)((n - 1) * STEPS), radius = 0;
    point before = {0};
    for (int i = 0; i + 1 < n; i++) {
        /* The neighbours that bend this piece; none beyond a corner. */
        int left = i > 0 && way[i].pen == PV_PEN_CURVE ? i - 1 : i;
        int right = i + 2 < n && way[i + 1].pen == PV_PEN_CURVE ? i + 2 : i + 1;
        point p[4] = {at[left], at[i], at[i + 1], at[right]};
        for (int k = 0; k <= STEPS; k++) {
            point q = curve(p, (float)k / STEPS), now = place(h, q.x, q.y);
            float dx = now.x - before.x, dy = now.y - before.y;
            float done = (float)(i * STEPS + k) / total;
            int gap = first && h->gap_length > 0 && fabsf(done - h->gap_at) < h->gap_length;
            if (k > 0) {
                float r = width_at(h, dx, dy, *step);
                if (radius == 0) radius = r;
                if (!gap) draw_segment(canvas, before, now, radius, r, h->edge);
                radius = r;
                *step += 1.0f;
            }
            before = now;
        }
    }
}

static void draw_digit(float *canvas, const hand *h, const pv_glyph_style *style, pv_rng *r)
{
    point at[PV_GLYPH_PLACES];
    float step = 0;
    int n = 0;
    /* Draws stand in statements of their own: their order is then the language's, not the
     * compiler's. */
    for (; n < PV_GLYPH_PLACES && style->place[n].pen != PV_PEN_END; n++) {
        at[n].x = style->place[n].x + bell(r, 2.1f);
        at[n].y = style->place[n].y + bell(r, 2.1f);
    }
    for (int begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1; end < n && style->place[end].pen != PV_PEN_DOWN; end++) {
        }
        draw_stroke(canvas, h, style->place + begin, at + begin, end - begin, begin == 0, &step);
    }
}

/* Grain in the ink, noise and dots on the paper. A block of random words does for four pixels. */
static void expose(uint8_t *pixels, const float *canvas, float ink, pv_rng *r)
{
    float noise = uniform(r, 0.0f, 0.10f), grain = uniform(r, 0.0f, 0.35f);
    float paper = uniform(r, -0.10f, 0.06f);
    pv_rng sheet = pv_rng_fork(r, 0);
    uint32_t words[4] = {0};
    for (int i = 0; i < PV_GLYPH_PIXELS; i++) {
        if (i % 4 == 0) pv_rng_block(sheet.seed, sheet.stream, (uint64_t)i / 4, words);
        uint32_t w = words[i % 4];
        float a = (float)(w & 255) + (float)(w >> 8 & 255) - 255.0f; /* triangular, +-255 */
        float b = (float)(w >> 16 & 255);
        float v = canvas[i] * ink * (1.0f - grain * b / 255.0f) + paper + noise * a / 255.0f;
        pixels[i] = (uint8_t)(255.0f * fminf(fmaxf(v, 0.0f), 1.0f) + 0.5f);
    }
    int dots = pv_rng_below(r, 3) == 0 ? (int)pv_rng_below(r, 12) : 0;
    for (int i = 0; i < dots; i++) {
        size_t where = (size_t)pv_rng_below(r, PV_GLYPH_PIXELS);
        pixels[where] = (uint8_t)uniform(r, 60.0f, 255.0f);
    }
}

void pv_glyph_draw(uint8_t pixels[PV_GLYPH_PIXELS], int digit, pv_rng *rng)
{
    float canvas[PV_GLYPH_PIXELS];
    hand h;
    memset(canvas, 0, sizeof canvas);
    draw_hand(&h, rng);
    draw_digit(canvas, &h, choose_style(digit, rng), rng);
    expose(pixels, canvas, h.ink, rng);
}
