#!/bin/sh
# Help, man pages and completion come from the tables of options and know every command.
. tests/cli/lib.sh

ok help
cp "$T/out" "$T/overview"
ok --help
cmp -s "$T/out" "$T/overview" || bad "--help differs from help"
ok
cmp -s "$T/out" "$T/overview" || bad "no words at all differ from help"
ok --version
expect '^privet [0-9]+\.[0-9]+\.[0-9]+$' "$T/out"
ok version --json
json version >/dev/null || bad "version --json"

commands=$(sed -n '/^Commands/,/^$/s/^  \([a-z]*\( [a-z]*\)\{0,1\}\)  .*/\1/p' "$T/overview")
[ "$(printf '%s\n' "$commands" | wc -l)" -ge 12 ] || bad "too few commands: $commands"
ok completion bash
cp "$T/out" "$T/completion"
bash -n "$T/completion" || bad "the completion is no bash"
printf '%s\n' "$commands" >"$T/commands"
while read -r command; do
    # shellcheck disable=SC2086
    ok help $command
    expect "^Usage: privet $command" "$T/out"
    [ "$(awk 'length > 82' "$T/out" | grep -cv '^  privet')" = 0 ] || bad "long lines: help $command"
    cp "$T/out" "$T/help"
    # shellcheck disable=SC2086
    ok $command --help
    cmp -s "$T/out" "$T/help" || bad "$command --help differs from help $command"
    # shellcheck disable=SC2086
    ok help --man $command
    expect '^\.SH OPTIONS' "$T/out"
    for option in $(grep -oE '^ +(-[a-z], )?--[a-z-]+' "$T/help" | grep -oE -- '--[a-z-]+'); do
        grep -qF -- "$(printf '%s' "$option" | sed 's/-/\\-/g')" "$T/out" || bad "$option: $command"
        grep -qE -- " $option[ \"]" "$T/completion" || bad "$option is not completed"
    done
    expect "\"$command\"\)" "$T/completion"
done <"$T/commands"
ok help --man
expect '^\.TH "privet" 1' "$T/out"

complete() {
    bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _privet
             printf "%s\n" "${COMPREPLY[@]}"' - "$T/completion" "$@" >"$T/out" 2>"$T/err"
}
complete privet tr
expect '^train$' "$T/out"
complete privet data ''
expect '^info$' "$T/out"
expect '^split$' "$T/out"
complete privet train --optim ad
expect '^adamw$' "$T/out"
complete privet train --hold
expect '^--holdout$' "$T/out"
complete privet list mod
expect '^models$' "$T/out"

finish
