#!/usr/bin/env bash
# Builds a CPython that no registry has as a binary, from Debian's source package, into a directory that is kept:
#   build.sh KIND DIRECTORY      KIND is free-threaded, or debug (reference counts checked)
# Root is needed only where libraries are missing. PYTHON_SOURCE=DIRECTORY: another source, unpacked.
set -euo pipefail
kind=$1
mkdir -p "$2"
directory=$(cd "$2" && pwd)
name=python3.14_3.14.7.orig.tar.xz
sha256=3b48dac8fb59f62eaa67ac83c1eb12bda1b7a08406dd286e252c11a66be27f81

has_libraries() { # those of the modules that the tests import
  printf '#include <%s>\n' openssl/ssl.h zlib.h ffi.h sqlite3.h | cc -E - >/dev/null 2>&1
}

fetch() { # unpacks the source into $1
  local archive=$1/../$name
  mkdir -p "$1"
  local mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | head -n 1)} # the one that apt uses
  local url=${mirror%/}/pool/main/p/python3.14/$name
  [ -s "$archive" ] || curl --silent --fail --location --retry 3 --output "$archive" "$url" || rm -f "$archive"
  echo "$sha256  $archive" | sha256sum --check --quiet
  tar -xf "$archive" -C "$1" --strip-components 1
}

if ! has_libraries && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  apt-get install -y -qq build-essential libssl-dev zlib1g-dev libffi-dev libsqlite3-dev libbz2-dev liblzma-dev >/dev/null
fi
source=${PYTHON_SOURCE:-$directory/../source}
[ -x "$source/configure" ] || fetch "$source"
source=$(cd "$source" && pwd)

case $kind in
  free-threaded) options=(--disable-gil) ;;
  debug) options=(--with-pydebug) ;;
  *) echo "there is no kind $kind" >&2 && exit 2 ;;
esac
mkdir -p "$directory/objects"
cd "$directory/objects"
options+=(CFLAGS=-g0)
"$source/configure" -q --prefix="$directory" --without-doc-strings --disable-test-modules "${options[@]}" >configure.log
make -s -j "${JOBS:-2}" >make.log 2>&1 || { tail -n 30 make.log >&2 && exit 1; }
make -s install >install.log 2>&1 || { tail -n 30 install.log >&2 && exit 1; }
cd "$directory"
rm -rf objects
