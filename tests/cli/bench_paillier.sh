#!/bin/sh
# privet bench paillier: every figure is there and none is zero.
. tests/cli/lib.sh

ok bench paillier --bits 2048 --rounds 1 --seconds 0.1 --json
for figure in encrypt_owner encrypt_public decrypt rerandomize add mul_plain gmp_encrypt gmp_decrypt; do
    case $(json ${figure}_per_s) in
        0 | 0.0 | null | -*) bad "$figure: $(json ${figure}_per_s)" ;;
    esac
done
[ "$(json bits) $(json threads)" = "2048 1" ] || bad "bits and threads"
case $(json code) in
    '"portable"' | '"lanes"' | '"ifma"') ;;
    *) bad "code: $(json code)" ;;
esac
[ "$(json table_bytes)" -gt 1000000 ] || bad "table_bytes: $(json table_bytes)"
json ifma_per_s >/dev/null || bad "ifma_per_s"
json seconds >/dev/null || bad "seconds"
ok bench paillier --bits 3072 --rounds 1 --seconds 0.1
expect 'built-in, published key of 3072 bits' "$T/out"
expect 'encryption by the key.s owner +[0-9]+ a second' "$T/out"
fails 2 'bits' bench paillier --bits 1000

finish
