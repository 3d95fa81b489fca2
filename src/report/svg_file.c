#include "report/svg.h"

enum { HEADING = 24 };

/* The page's names of colours and classes (style.c), with two more series, on white: a picture in a
 * document does not know whether that is dark. */
static const char style[] =
    "svg{--bg:#fff;--ink:#1a1e23;--soft:#555d66;--line:#d7dbe0;--c0:#14508f;--c1:#b5591a;"
    "--c2:#58307f;--c3:#414a54}"
    "text{font:12px system-ui,-apple-system,\"Segoe UI\",Roboto,\"Liberation Sans\",Arial,"
    "sans-serif;fill:var(--ink)}.sf{fill:var(--soft)}.st,.nm,.hd{font-weight:650}"
    ".ax{stroke:var(--line);fill:none}.ln{fill:none;stroke-width:2;stroke-linejoin:round;"
    "stroke-linecap:round}.da{stroke-dasharray:5 4}"
    "path.k0{stroke:var(--c0)}path.k1{stroke:var(--c1)}path.k2{stroke:var(--c2)}"
    "path.k3{stroke:var(--c3)}.dot.k0,.nm.k0{fill:var(--c0)}.dot.k1,.nm.k1{fill:var(--c1)}"
    ".dot.k2,.nm.k2{fill:var(--c2)}.dot.k3,.nm.k3{fill:var(--c3)}";

void pv_svg_file_open(pv_html *h, const char *title, double width, double height)
{
    pv_html_rawf(h,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
                 "width=\"%.0f\" height=\"%.0f\">\n<title>",
                 width, height, width, height);
    pv_html_text(h, title);
    pv_html_raw(h, "</title>\n<style>");
    pv_html_raw(h, style);
    pv_html_rawf(h, "</style>\n<rect width=\"%.0f\" height=\"%.0f\" fill=\"#fff\"/>\n", width,
                 height);
}

void pv_svg_file_panel(pv_html *h, const char *heading, double y)
{
    pv_html_rawf(h, "<g transform=\"translate(0 %.0f)\"><text class=\"hd\" x=\"8\" y=\"16\">", y);
    pv_html_text(h, heading);
    pv_html_rawf(h, "</text><g transform=\"translate(0 %d)\">", HEADING);
}

void pv_svg_file_panel_end(pv_html *h)
{
    pv_html_raw(h, "</g></g>\n");
}

void pv_svg_file_close(pv_html *h)
{
    pv_html_raw(h, "</svg>\n");
}
