#!/bin/sh
# Installs the Debian packages that building and testing need and this machine lacks. Quick and
# silent when nothing is missing. On other systems it names what is needed and leaves the rest to
# CMake, which stops at the first library it can't find.
set -eu

# what `make` needs
packages='cmake ninja-build gcc libc6-dev pkg-config python3 xz-utils
    libdnnl-dev libgmp-dev libssl-dev libsodium-dev libpng-dev libjpeg62-turbo-dev
    zlib1g-dev libjansson-dev libinih-dev libcmocka-dev'
# what `.ci/run` needs besides: sanitizers and fuzzing by clang, valgrind, formatting
packages="$packages git clang llvm clang-format libclang-rt-14-dev libomp-14-dev valgrind libc6-dbg strace procps"

if ! command -v dpkg-query >/dev/null; then
    echo "tools/deps.sh: this is not Debian; needed are the equivalents of:" $packages >&2
    exit 0
fi

# a package that dpkg has never heard of is an error to it, and missing to us
installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' $packages 2>/dev/null |
    sed -n 's/ installed$//p' || true)
missing=
for p in $packages; do
    case "
$installed
" in
    *"
$p
"*) ;;
    *) missing="$missing $p" ;;
    esac
done
[ -z "$missing" ] && exit 0

echo "tools/deps.sh: installing$missing" >&2
if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo >/dev/null; then
    as_root=sudo
else
    echo "tools/deps.sh: there is no sudo; as root, run: apt-get install$missing" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
if ! { $as_root apt-get update -qq && $as_root apt-get install -qq -y --no-install-recommends $missing; } >&2
then
    echo "tools/deps.sh: apt-get failed; install these yourself and try again:$missing" >&2
    exit 1
fi
