#!/bin/sh
# A training run's page and its results agree.
. tests/cli/lib.sh

ok train --data 'glyphs?limit=500' --test 'glyphs?split=test&limit=100' --validation 0.1 --model lenet5 --epochs 2 \
    --report $T/page --json
json test_accuracy >/dev/null || bad "test_accuracy"
for file in report.html results.json; do
    [ -s "$T/page/$file" ] || bad "no $file"
done
python3 - "$T/page" <<'PY' || bad "page and results"
import html.parser, json, re, sys
folder = sys.argv[1]
r = json.load(open(folder + "/results.json"))
page = open(folder + "/report.html", encoding="utf-8").read()
assert r["schema"] == "privet-training" and r["schema_version"] == 1
(net,) = r["models"]
assert net["model"] == "lenet5" and net["params"] == 44426
assert len(net["curve"]) == 2 and all(p["validation_loss"] is not None for p in net["curve"])
t = net["test"]
assert t["count"] == 100 == sum(map(sum, t["confusion"])) == r["data"]["test"]
assert t["interval"][0] <= t["accuracy"] <= t["interval"][1]
assert f"{t['correct']} of {t['count']} test samples right" in page
truths = [s["truth_probability"] for s in r["worst"]]
assert truths == sorted(truths) and len(r["unchosen"]) == 24
assert page.count("<img") == len(r["worst"]) + 24
assert "<script" not in page and "default-src 'none'" in page
assert not re.search(r"(src|href)=[\"'](?!data:|#)", page)

class Balance(html.parser.HTMLParser):
    void, stack = {"meta", "img", "link", "br"}, []
    def handle_starttag(self, tag, attrs):
        if tag not in self.void:
            self.stack.append(tag)
    def handle_startendtag(self, tag, attrs):
        pass
    def handle_endtag(self, tag):
        assert self.stack.pop() == tag, tag
b = Balance()
b.feed(page)
assert not b.stack, b.stack
PY
# a page is about test data
ok train --data 'glyphs?limit=60' --model mlr --epochs 1 --report $T/small
printf 'x,label\n1,a\n2,b\n3,a\n4,b\n' >$T/four.csv
fails 2 'a page needs test data' train --data csv:$T/four.csv --model mlr --epochs 1 --quiet --out $T/m --report $T/none
finish
