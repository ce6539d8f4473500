#!/usr/bin/env bash
# Builds llama-cpp-python once for this processor, keeps the wheel in the user's cache folder and installs it.
#   llama_cpp.sh demo    in the background where OpenVINO can answer meanwhile, else in the foreground
#   llama_cpp.sh test    in the foreground: the tests need both back ends
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:?demo or test}
python=.venv/bin/python
version=$(sed -n 's/^llama-cpp-python==//p' constraints.txt)
processor=$({ grep -m1 -E '^(flags|Features)' /proc/cpuinfo 2>/dev/null || uname -m; } | cksum | cut -d' ' -f1)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/plumbline/wheels/$processor
log=$cache/build.log

"$python" -c 'import importlib.metadata as m, sys; sys.exit(m.version("llama-cpp-python") != sys.argv[1])' "$version" 2>/dev/null && exit 0

build() {
  mkdir -p "$cache"
  exec 9>"$cache/.lock"
  flock 9 # two set-ups at once build once
  wheel=$(compgen -G "$cache/llama_cpp_python-$version-*" | head -n1 || true)
  if [ -z "$wheel" ]; then
    fresh=$(mktemp -d "$cache/build.XXXXXX")
    trap 'rm -rf "$fresh"' EXIT
    # The tools, the server and the vision parts are not used: leaving them out saves two minutes of building
    CMAKE_ARGS="-DLLAVA_BUILD=OFF -DMTMD_BUILD=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_COMMON=OFF" \
      nice -n "${1:-0}" "$python" -m pip --disable-pip-version-check wheel --quiet --no-deps --wheel-dir "$fresh" "llama-cpp-python==$version"
    mv "$fresh"/llama_cpp_python-*.whl "$cache/"
    wheel=$(compgen -G "$cache/llama_cpp_python-$version-*" | head -n1)
  fi
  "$python" -m pip --disable-pip-version-check install --quiet --constraint constraints.txt "$wheel"
}

can_answer_meanwhile() { "$python" -c 'from adapters.generators import choose_backend; import sys; sys.exit(choose_backend("auto").backend != "openvino")' 2>/dev/null; }

if compgen -G "$cache/llama_cpp_python-$version-*" >/dev/null; then
  printf '\n\033[1mInstalling llama-cpp-python from the cache folder (a few seconds)\033[0m\n'
  build
elif [ "$mode" = demo ] && can_answer_meanwhile; then
  mkdir -p "$cache"
  printf '\n\033[1mBuilding llama-cpp-python in the background (10 to 20 minutes beside other work; the assistant answers meanwhile)\033[0m\n  log: %s\n' "$log"
  (build 19 >"$log" 2>&1 </dev/null &) # it ends by itself; an interrupted build starts anew next time
else
  printf '\n\033[1mBuilding llama-cpp-python, the engine that runs the answer model (6 to 9 minutes, once)\033[0m\n'
  build
fi
