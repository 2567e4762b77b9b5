#!/usr/bin/env bash
# Brings the native binding of @tensorflow/tfjs-node where its own install script cannot: without the storage host that
# it downloads libtensorflow from, and on 64-bit ARM. It takes TensorFlow from a Python wheel and compiles the addon against it.
#
#   deploy/tfjs-native.sh [--wheel FILE] [--nodedir DIR] [--force]
#
#   --wheel FILE    a TensorFlow wheel that you have (any Python version; Linux); default: pip downloads one
#   --nodedir DIR   where Node's headers are: DIR/include/node/node.h; default: beside the running Node, else node-gyp
#                   downloads them
#   --force         build anew, even though the binding that is there works
#
# Needs Linux, Node with npm, Python 3 (with pip, unless --wheel is given), make and a C++ compiler; 2 GB of disk, about a
# minute. package.json and package-lock.json stay as they are. `npm ci` removes the binding again: run this after it.
set -euo pipefail
cd "$(dirname "$0")/.."
# npm works in the project that the package is installed in, and not in the package, where it would bring what develops it
omit=()
if [ "$(basename "$(dirname "$PWD")")" = node_modules ]; then
  if [ -f ../../package.json ]; then cd ../..; else omit=(--omit=dev); fi
fi

package=@tensorflow/tfjs-node
version=4.22.0
tensorflow=2.21.0
wheel=
nodedir=
force=

die() { # what, why, how to mend it
  printf 'error: %s: %s\n%s\n' "$1" "$2" "$3" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --wheel | --nodedir)
      [ $# -gt 1 ] || die "$1 has no value" 'it takes a path' "Run $0 --help."
      if [ "$1" = --wheel ]; then wheel=$2; else nodedir=$2; fi
      shift 2
      ;;
    --force) force=yes && shift ;;
    -h | --help) sed -n '2,14s/^# \{0,1\}//p' "$0" && exit 0 ;;
    *) die "unknown option $1" 'this script takes --wheel, --nodedir and --force' "Run $0 --help." ;;
  esac
done

# A small product by the binding, and the versions.
check() {
  TF_CPP_MIN_LOG_LEVEL=3 TF_ENABLE_ONEDNN_OPTS=0 ONEDNN_MAX_CPU_ISA=AVX node - <<'JS'
const util = require('node:util');
util.isNullOrUndefined ??= (value) => value == null; // gone from Node 23; worker/engines/tfjs-node.ts says more
const tf = require('@tensorflow/tfjs-node');
const product = tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2])).dataSync();
if (product.join() !== '19,22,43,50') throw new Error(`the product of two matrices came out as ${product.join()}`);
const { 'tfjs-node': tfjs } = tf.version;
console.log(`tfjs-node ${tfjs} computes, with TensorFlow ${tf.backend().binding.TF_Version}, Node ${process.version}, ${process.arch}`);
JS
}

if [ -z "$force" ] && check 2>/dev/null; then exit 0; fi

[ "$(uname -s)" = Linux ] || die "$(uname -s) is not supported" 'the names of the libraries in the wheel are those of Linux' \
  "On other systems use npm rebuild $package, or --engine wasm."
for tool in node npm python3 make c++; do
  command -v "$tool" >/dev/null || die "$tool is missing" 'the addon is compiled here' 'Install it, and run this again.'
done

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

if [ -z "$wheel" ]; then
  # the package for x64 without GPU has no wheels for other processors; which Python the wheel is for does not matter
  name=tensorflow
  [ "$(uname -m)" = x86_64 ] && name=tensorflow-cpu
  python3 -m pip download --retries 0 --no-deps --only-binary=:all: --python-version 3.11 --disable-pip-version-check -q \
    -d "$temporary" "$name==$tensorflow" ||
    die "pip cannot download $name==$tensorflow" 'it said so above' 'Give a wheel that you have: --wheel FILE.'
  wheel=$(echo "$temporary"/*.whl)
fi
[ -f "$wheel" ] || die "$wheel is not a file" 'it should be a TensorFlow wheel' 'Give its path: --wheel FILE.'

folder=node_modules/$package
if [ ! -f "$folder/package.json" ]; then
  # npm drops an optional dependency whose install script fails
  npm install --no-save "${omit[@]}" --ignore-scripts --no-audit --no-fund --loglevel=error "$package@$version"
fi
folder=$(cd "$folder" && pwd)

echo "unpacking $(basename "$wheel")"
rm -rf "$folder/deps" "$folder/lib" "$folder/build"
mkdir -p "$folder/deps/lib"
python3 - "$wheel" "$temporary" <<'PY'
import sys, zipfile

wheel, target = sys.argv[1:]
libraries = ['tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2']
with zipfile.ZipFile(wheel) as archive:
    names = archive.namelist()
    missing = [name for name in libraries + ['tensorflow/include/tensorflow/c/c_api.h'] if name not in names]
    if missing:
        sys.exit(f'error: {wheel} has no {missing[0]}: it is no TensorFlow wheel for Linux\nGive another: --wheel FILE.')
    archive.extractall(target, libraries + [name for name in names if name.startswith('tensorflow/include/')])
PY
mv "$temporary/tensorflow/include" "$folder/deps/include"
mv "$temporary"/tensorflow/libtensorflow_cc.so.2 "$temporary"/tensorflow/libtensorflow_framework.so.2 "$folder/deps/lib/"
# the names that the addon is linked by
ln -s libtensorflow_cc.so.2 "$folder/deps/lib/libtensorflow.so"
ln -s libtensorflow_framework.so.2 "$folder/deps/lib/libtensorflow_framework.so"

if [ -z "$nodedir" ]; then
  prefix=$(node -p 'require("node:path").dirname(require("node:path").dirname(process.execPath))')
  [ -f "$prefix/include/node/node.h" ] && nodedir=$prefix
fi
echo 'compiling the addon'
builder=$(node -p "require.resolve('@mapbox/node-pre-gyp/bin/node-pre-gyp', { paths: ['$folder'] })")
(cd "$folder" && node "$builder" install --build-from-source ${nodedir:+"--nodedir=$nodedir"}) >"$temporary/log" 2>&1 || {
  tail -n 40 "$temporary/log" >&2
  die 'the addon did not compile' "the compiler's last words are above" \
    "Where it says that Node's headers cannot be downloaded: --nodedir DIR."
}
# 300 MB of what is not needed any more
rm -rf "$folder/deps/include" "$folder/build" "$folder"/build-tmp-*
check
