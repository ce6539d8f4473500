#!/usr/bin/env bash
# Style, types, arrows, then the tests: those without a model side by side, those with one after another, since a
# model takes both cores.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
say() { printf '\n\033[1m%s\033[0m\n' "$1"; }

say 'Style, types and arrows (1 minute)'
"$bin/ruff" format --check --quiet .
"$bin/ruff" check --quiet .
"$bin/mypy"
"$bin/lint-imports"
[ "${1:-all}" = lint ] && exit 0

say 'Tests without a model (11 minutes)'
"$bin/python" -m pytest -q -n 2 --dist loadgroup -m 'not model and not browser'
say 'Tests with real models (11 minutes)'
"$bin/python" -m pytest -q -m 'model and not browser'
say 'Tests in a real browser (9 minutes)'
"$bin/python" -m pytest -q -m browser
