#!/bin/sh
# Files that are not what they should be: status 3 (or 1 when the machine fails), one message that
# names the file, and nothing left behind.
. tests/cli/lib.sh

train="train --model mlr --epochs 1 --data"

# --- missing
fails 3 'nowhere' $train mnist:$T/nowhere
fails 3 'nowhere' $train images:$T/nowhere
fails 3 'nowhere.csv' $train csv:$T/nowhere.csv
fails 3 'nowhere.npz' $train npz:$T/nowhere.npz
fails 3 'nowhere.safetensors' eval --model $T/nowhere.safetensors --data glyphs
fails 3 'nowhere.model' train --model $T/nowhere.model --data 'glyphs?limit=20'

# --- tables: text and NaN in a numeric column, a short row, a class column that is not there
printf 'a,b,class\n1,2,x\n3,4,y\n1,zwei,x\n2,2,y\n' >"$T/text.csv"
printf 'a,b,class\n1,2,x\n3,nan,y\n' >"$T/nan.csv"
printf 'a,b,class\n1,2,x\n3,y\n' >"$T/short.csv"
printf '' >"$T/empty.csv"
fails 3 'nan.csv.*3' $train csv:$T/nan.csv
fails 3 'short.csv.*3' $train csv:$T/short.csv
fails 3 'empty.csv' $train csv:$T/empty.csv
fails 3 'kind' $train "csv:$T/text.csv?label=kind"
printf '@relation r\n@attribute a numeric\n@attribute class {x,y}\n@data\n1,x\n2,z\n' >"$T/label.arff"
printf '@relation r\n@attribute a numeric\n@attribute class {x,y}\n@data\n1,x\nfour,y\n' >"$T/text.arff"
printf '@relation r\n@attribute a numeric\n@atribute class {x,y}\n@data\n1,x\n' >"$T/word.arff"
fails 3 'label.arff.*6' $train arff:$T/label.arff
fails 3 'text.arff.*6' $train arff:$T/text.arff
fails 3 'word.arff.*3' $train arff:$T/word.arff

# --- one side of a table alone
printf 'a,b,class\n1,2,x\n3,4,y\n1,3,x\n2,2,y\n' >"$T/both.csv"
ok train --data csv:$T/both.csv --model mlr --epochs 1 --out $T/both.safetensors --quiet
fails 3 'no labels: it is one side' $train "csv:$T/both.csv?label=none"
fails 3 'no features: it is one side' $train "csv:$T/both.csv?features=none"
fails 3 'no labels: it is one side' eval --model $T/both.safetensors --data "csv:$T/both.csv?label=none&drop=class"
ok predict --model $T/both.safetensors --data "csv:$T/both.csv?label=none&drop=class"
expect '^2,,[xy],' "$T/out"
ok data info "csv:$T/both.csv?features=none"
expect 'samples without features, 2 classes' "$T/out"

# --- IDX: cut off, counts that disagree, a label out of range, garbage
ok data convert 'glyphs?limit=50' mnist:$T/good
[ -d "$T/good" ] || bad "data convert made no folder"
idx() { # a copy of the good pair to spoil
    rm -rf "$T/$1" && cp -r "$T/good" "$T/$1"
}
images=$(cd "$T/good" && ls | grep images | head -1) labels=$(cd "$T/good" && ls | grep labels | head -1)
idx cut && head -c 1000 "$T/good/$images" >"$T/cut/$images"
idx short && head -c 20 "$T/good/$labels" >"$T/short/$labels"
idx garbage && printf 'this is no IDX file at all' >"$T/garbage/$images"
fails 3 "cut/$images" $train mnist:$T/cut
fails 3 "short/$labels" $train mnist:$T/short
fails 3 "garbage/$images" $train mnist:$T/garbage
ok data convert 'glyphs?limit=40' mnist:$T/fewer
idx disagree && cp "$T/fewer/$labels" "$T/disagree/$labels"
fails 3 '(50.*40|40.*50)' $train mnist:$T/disagree

# --- NPZ and PNG: cut off
ok data convert 'glyphs?limit=20' npz:$T/good.npz
head -c 700 "$T/good.npz" >"$T/cut.npz"
fails 3 'cut.npz' $train npz:$T/cut.npz
ok data convert 'glyphs?limit=20' images:$T/pictures
one=$(find "$T/pictures" -name '*.png' | sort | head -1)
head -c 60 "$one" >"$T/cut.png" && cp "$T/cut.png" "$one"
fails 3 "$(basename "$one")" data info "images:$T/pictures"

# --- models: cut off, of another shape, of a layer that does not exist
ok train --data 'glyphs?limit=100' --model mlr --epochs 1 --out $T/m.safetensors --quiet
head -c 300 "$T/m.safetensors" >"$T/cut.safetensors"
fails 3 'cut.safetensors' eval --model $T/cut.safetensors --data glyphs
awk 'BEGIN { print "a,b,class"; for (i = 0; i < 40; i++) print i % 7 "," i % 5 "," (i % 2 ? "x" : "y") }' \
    >"$T/good.csv"
fails 3 'image.*table' eval --model $T/m.safetensors --data csv:$T/good.csv
fails 3 'image.*table' predict --model $T/m.safetensors --data csv:$T/good.csv
rm "$one"
fails 3 '28.*10' eval --model $T/m.safetensors --data "images:$T/pictures?size=10x10"
fails 3 '(10 classes.* 2|2 classes.* 10|10.*2)' eval --model $T/m.safetensors --data 'glyphs?classes=3,5'
printf 'flatten\nsparkle 3\ndense classes\n' >"$T/odd.model"
fails 3 'odd.model.*2' train --model $T/odd.model --data 'glyphs?limit=20'

# --- the disk: no folder, no room, a closed output
fails 1 'no/folder' train --data 'glyphs?limit=20' --model mlr --epochs 1 --out $T/no/folder/m.safetensors
(
    ulimit -f 8 # blocks of 512 bytes: the model needs more
    fails 1 'full.safetensors' train --data 'glyphs?limit=100' --model mlr --epochs 1 --quiet \
        --out $T/full.safetensors
    exit $failed
) || failed=1
[ -z "$(ls "$T" | grep '^full')" ] || bad "something is left of full.safetensors: $(ls "$T")"
cp "$T/m.safetensors" "$T/kept.safetensors"
(
    ulimit -f 8
    fails 1 'kept.safetensors' train --data 'glyphs?limit=100' --model mlr --epochs 2 --quiet \
        --out $T/kept.safetensors
    exit $failed
) || failed=1
cmp -s "$T/m.safetensors" "$T/kept.safetensors" || bad "a failed save changed the file"
if [ -w /dev/full ]; then
    "$P" list data >/dev/full 2>"$T/err"
    [ $? -eq 1 ] || bad "standard output full"
    expect 'standard output' "$T/err"
fi

finish
