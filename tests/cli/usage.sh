#!/bin/sh
# Wrong words: exit status 2, one sentence that names the option and the nearest that exists.
. tests/cli/lib.sh

fails 2 'no command "trian", did you mean train' trian
fails 2 'no command "frobnicate"' frobnicate
fails 2 'say what about it: data info, data convert, data split' data
fails 2 'no command "data inof"' data inof x
fails 2 'train: there is no option --epoch, did you mean --epochs' train --epoch 3
fails 2 'train: there is no option --modle, did you mean --model' train --modle x
fails 2 'train: there is no option -Z' train -Z
fails 2 'train: --data is missing' train
fails 2 'train: --model is missing' train --data glyphs
fails 2 'train: --epochs needs a value: --epochs N' train --epochs
fails 2 'train: --epochs takes a whole number, "ten" is none' train --epochs ten
fails 2 'train: --epochs takes a whole number, "3x" is none' train --epochs=3x
fails 2 'train: --epochs takes a number from 1 to 100000, 0 is outside' train -e0
fails 2 'train: --holdout takes a number from 0 to 0.9, 1.5 is outside' train --holdout 1.5
fails 2 'train: --lr takes a number, "nan" is none' train --lr nan
fails 2 'train: --optim takes one of sgd\|adam\|adamw, not "adma"' train --optim adma
fails 2 'train: --resume takes no value' train --resume=yes
fails 2 'train: nothing takes the word "extra"' train extra
fails 2 'train: --out takes FILE, not an empty word' train --out ''
fails 2 'train: --resume needs --checkpoint' train -d glyphs -m mlr --resume
fails 2 'train: --patience needs --validation' train -d glyphs -m mlr --patience 3
fails 2 'train: --test and --holdout' train -d glyphs -m mlr --test glyphs --holdout 0.2
fails 2 'train: --repeat only measures' train -d glyphs -m mlr --repeat 3 --out x
fails 2 'momentum and --nesterov belong to sgd' train -d glyphs?limit=20 -m mlr --optim adam --nesterov
fails 2 'augment: "flop" is not known' train -d glyphs?limit=20 -m mlr --augment flop
fails 2 'augment: shift takes a number' train -d glyphs?limit=20 -m mlr --augment shift=x
fails 2 'list: WHAT is missing' list
fails 2 'list: WHAT takes one of' list sausages
fails 2 'no command "nothing"' help nothing
fails 2 'takes a number from 0 to 1024' train --threads 2000
fails 2 'wibble' train -d wibble:x -m mlr
fails 2 'colour' train -d 'glyphs?colour=red' -m mlr
fails 2 'lenet6' train -d 'glyphs?limit=20' -m lenet6

# With --json the failure is the one object on standard output.
"$P" train --json --epohcs 3 >"$T/out" 2>"$T/err"
[ $? -eq 2 ] || bad "train --json --epohcs 3"
[ "$(json error.exit)" = 2 ] || bad "error.exit"
[ "$(json error.status)" = '"PV_ERR_OPTION"' ] || bad "error.status"

finish
