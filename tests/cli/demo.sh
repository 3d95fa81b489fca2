#!/bin/sh
# The demo leaves its three files, and page and results agree.
. tests/cli/lib.sh

ok demo --samples 500 --epochs 2 --out $T/demo --json
json test_accuracy >/dev/null || bad "test_accuracy"
for file in report.html results.json lenet5.safetensors; do
    [ -s "$T/demo/$file" ] || bad "no $file"
done
python3 - "$T/demo" <<'PY' || bad "page and results"
import html.parser, json, re, sys
folder = sys.argv[1]
r = json.load(open(folder + "/results.json"))
page = open(folder + "/report.html", encoding="utf-8").read()
assert r["schema"] == "privet-training" and r["schema_version"] == 1
net, line = r["models"]
assert (net["model"], line["model"]) == ("lenet5", "mlr") and net["params"] == 44426
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
ok eval --model $T/demo/lenet5.safetensors --data 'glyphs?limit=100' --json
[ "$(json count)" = 100 ] || bad "the demo's model can be evaluated"
finish
