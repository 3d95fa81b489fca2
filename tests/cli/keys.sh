#!/bin/sh
# Authorities, parties and requests: what is written, printed, refused and asked for.
. tests/cli/lib.sh

K=$T/keys
ok keys ca --name 'Three hospitals' --folder $K
expect 'certificate of the authority Three hospitals$' "$T/out"
expect 'valid .*, 3650 days left$' "$T/out"
[ ! -s "$T/err" ] || bad "a warning about ten years"
ok keys party hospital-a --folder $K
expect 'certificate of the party hospital-a$' "$T/out"
expect 'valid .*, 365 days left$' "$T/out"
line=$(tail -1 "$T/out")
[ "$(stat -c %a "$K/hospital-a.key" "$K/ca.key")" = "600
600" ] || bad "modes of the private keys"

# the fingerprint is that of the DER bytes, by others
der=$(python3 - "$K/hospital-a.pem" <<'PY'
import base64, hashlib, sys
text = open(sys.argv[1]).read().splitlines()
print(hashlib.sha256(base64.b64decode("".join(text[1:-1]))).hexdigest())
PY
)
[ "$line" = "cert = sha256:$der" ] || bad "the line for the scenario: $line"
ok keys show $K/hospital-a.pem --json
[ "$(json fingerprint)" = "\"sha256:$der\"" ] || bad "fingerprint in JSON"
[ "$(json kind) $(json name) $(json days_left)" = '"party" "hospital-a" 365' ] || bad "show --json"
public=$(json public_key)
ok keys show $K/hospital-a.key --json
[ "$(json kind) $(json public_key) $(json ends)" = "\"key\" $public null" ] || bad "a private key"
ok keys show $K/ca.pem --json
[ "$(json kind)" = '"authority"' ] || bad "the authority's kind"

# a request, signed elsewhere; less than 30 days get a warning, 30 none
ok keys csr hospital-b --folder $T/theirs --json
[ "$(json kind) $(json key_file)" = "\"request\" \"$T/theirs/hospital-b.key\"" ] || bad "csr --json"
public=$(json public_key)
ok keys show $T/theirs/hospital-b.csr --json
[ "$(json public_key)" = "$public" ] || bad "the public key of the request"
ok keys sign $T/theirs/hospital-b.csr --folder $K --days 29 --json
[ "$(json file) $(json public_key)" = "\"$T/theirs/hospital-b.pem\" $public" ] || bad "sign --json"
expect '^warning: .*hospital-b.pem: 29 days left, until ' "$T/err"
ok keys sign $T/theirs/hospital-b.csr --folder $K --days 30 --out $T/thirty.pem
[ ! -s "$T/err" ] || bad "a warning at 30 days"
tail -1 "$T/out" | grep -qE '^cert = sha256:[0-9a-f]{64}$' || bad "no line for the scenario"
ok keys sign $T/theirs/hospital-b.csr --folder $K --days 1 --out $T/one.pem
expect '1 day left, until' "$T/err"

# an expired one, made by hand
openssl req -x509 -newkey ed25519 -nodes -keyout "$T/old.key" -out "$T/old.pem" -subj /CN=old -days 1 \
    2>/dev/null && openssl x509 -in "$T/old.pem" -signkey "$T/old.key" -days -3 -out "$T/expired.pem" \
    2>/dev/null && {
    ok keys show $T/expired.pem
    expect 'expired$' "$T/out"
    expect '^warning: .*expired on 20' "$T/err"
}

# nothing is overwritten
cp -r "$K" "$T/before"
fails 2 'ca.key: is there already' keys ca --folder $K
fails 2 'hospital-a.key: is there already' keys party hospital-a --folder $K
fails 2 'hospital-a.key: is there already' keys csr hospital-a --folder $K
fails 2 'hospital-b.pem: is there already' keys sign $T/theirs/hospital-b.csr --folder $K
diff -r "$K" "$T/before" || bad "a refused command changed something"

# what is refused
fails 2 '"Hospital" is no name' keys party Hospital --folder $K
fails 2 'authority.s files' keys party ca --folder $K
fails 2 'NAME' keys party --folder $K
fails 2 'days' keys party x --days 0 --folder $K
fails 3 'nowhere/ca.pem' keys party x --folder $T/nowhere
fails 3 'nothing.pem' keys show $T/nothing.pem
printf 'hello\n' >"$T/text.pem"
fails 3 'text.pem: is no PEM file' keys show $T/text.pem
fails 3 'holds a CERTIFICATE' keys sign $K/ca.pem --folder $K --out $T/no.pem
chmod 644 "$K/hospital-a.key"
fails 4 'mode 0644.*chmod 600' keys show $K/hospital-a.key
fails 2 'say what about it' keys

# passphrases: from a file that others can't read
printf 'open sesame\nand more\n' >"$T/pass" && chmod 600 "$T/pass"
printf 'Open sesame\n' >"$T/wrong" && chmod 600 "$T/wrong"
printf '\nopen sesame\n' >"$T/empty" && chmod 600 "$T/empty"
printf 'open sesame\n' >"$T/open" && chmod 644 "$T/open"
L=$T/locked
fails 4 'open: has mode 0644' keys ca --folder $L --passphrase-file $T/open
fails 3 'empty: a passphrase of 1 to 1024' keys ca --folder $L --passphrase-file $T/empty
fails 2 'not from both' keys ca --folder $L --passphrase-file $T/pass --passphrase
ok keys ca --folder $L --passphrase-file $T/pass
ok keys show $L/ca.key --json
[ "$(json kind) $(json public_key)" = '"locked-key" null' ] || bad "a key under a passphrase"
fails 4 'none was given' keys party a --folder $L
fails 4 'passphrase is wrong' keys party a --folder $L --ca-passphrase-file $T/wrong
ok keys party a --folder $L --ca-passphrase-file $T/pass
[ "$(ls "$L" | tr '\n' ' ')" = 'a.key a.pem ca.key ca.pem ' ] || bad "something else is left: $(ls "$L")"

# and from the terminal
python3 - "$P" "$L" <<'PY' || bad "asking on the terminal"
import os, pty, select, subprocess, sys, termios
program, folder = sys.argv[1:]

def ask(words, answers):
    """Runs privet on a terminal of its own; returns its status and all that the terminal showed."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(program, [program] + words)
    shown = b""
    asked = 0
    while True:
        try:
            piece = os.read(fd, 4096) if select.select([fd], [], [], 30)[0] else b""
        except OSError:
            piece = b""
        if not piece:
            break
        shown += piece
        if shown.count(b": ") > asked and shown.endswith(b": ") and asked < len(answers):
            assert not termios.tcgetattr(fd)[3] & termios.ECHO, "the terminal echoes"
            os.write(fd, answers[asked])
            asked += 1
    assert asked == len(answers), (asked, shown)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()

def key(name):
    return os.path.exists(f"{folder}/{name}.key")

make = lambda name: ["keys", "csr", name, "--folder", folder, "--passphrase"]
nowhere = subprocess.run([program] + make("b"), start_new_session=True, capture_output=True, text=True)
assert nowhere.returncode == 2 and "there is no terminal" in nowhere.stderr, nowhere
status, shown = ask(make("asked"), [b"tell nobody\n", b"tell nobody\n"])
assert status == 0 and key("asked") and "nobody" not in shown, shown
assert "BEGIN ENCRYPTED" in open(f"{folder}/asked.key").read()
status, shown = ask(make("differ"), [b"tell nobody\n", b"tell somebody\n"])
assert status == 2 and not key("differ") and "the two passphrases differ" in shown, shown
status, shown = ask(make("none"), [b"\n"])
assert status == 2 and not key("none") and "empty" in shown, shown
status, shown = ask(make("stopped"), [b"tell\x03"])
assert status == 1 and not key("stopped") and "no passphrase given" in shown, shown
status, shown = ask(make("ended"), [b"\x04"])
assert status == 1 and not key("ended") and "no passphrase given" in shown, shown
for n in 1025, 1026, 3000:
    status, shown = ask(make("long"), [b"x" * n + b"\n"])
    assert status == 2 and not key("long") and "at most 1024" in shown, shown
status, shown = ask(make("longest"), [b"x" * 1024 + b"\n"] * 2)
assert status == 0 and key("longest"), shown
sign = ["keys", "sign", f"{folder}/asked.csr", "--folder", folder, "--ca-passphrase"]
status, shown = ask(sign, [b"sesame\n"])
assert status == 4 and "passphrase is wrong" in shown, shown
status, shown = ask(sign, [b"open sesame\n"])
assert status == 0 and "cert = sha256:" in shown and "sesame" not in shown, shown
PY

# keys of Paillier's cryptosystem
ok keys paillier --bits 2048 --out $T/bank
expect 'bank: private key of Paillier' "$T/out"
expect 'primes       safe$' "$T/out"
expect 'public key   .*bank.pub$' "$T/out"
[ "$(stat -c %a "$T/bank")" = 600 ] || bad "mode of a Paillier key"
expect 'BEGIN PRIVET PAILLIER PRIVATE KEY' "$T/bank"
ok keys show $T/bank --json
print=$(json fingerprint)
[ "$(json kind) $(json bits) $(json safe_primes)" = '"paillier-key" 2048 true' ] || bad "show a Paillier key"
ok keys show $T/bank.pub --json
[ "$(json kind) $(json bits) $(json safe_primes)" = '"paillier-public-key" 2048 null' ] || bad "show its public half"
[ "$(json fingerprint)" = "$print" ] || bad "both halves have one fingerprint"
python3 - "$T/bank.pub" "$print" <<'PY' || bad "the fingerprint, by others"
import base64, hashlib, sys
text = open(sys.argv[1]).read().splitlines()
n = base64.b64decode("".join(text[1:-1]))[8:8 + 256]
assert sys.argv[2] == '"sha256:%s"' % hashlib.sha256(b"privet/1 paillier\0" + n).hexdigest()
PY
cp "$T/bank" "$T/before-bank"
fails 2 'bank: is there already' keys paillier --bits 2048 --out $T/bank
rm "$T/bank"
fails 2 'bank.pub: is there already' keys paillier --bits 2048 --out $T/bank
[ ! -e "$T/bank" ] || bad "half a pair is left"
fails 2 'bits' keys paillier --bits 1024 --out $T/weak
fails 2 'out' keys paillier
cp "$T/before-bank" "$T/open-bank" && chmod 644 "$T/open-bank"
fails 4 'mode 0644' keys show $T/open-bank
sed '2s/^AQAAAAAI/AgAAAAAI/' "$T/bank.pub" >"$T/newer.pub"
fails 1 'version 2' keys show $T/newer.pub
sed '10s/./A/' "$T/bank.pub" | sed '10s/^A\(.\)/B\1/' >"$T/forged.pub"
fails 4 'does not hold' keys show $T/forged.pub

finish
