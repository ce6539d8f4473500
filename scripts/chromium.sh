#!/usr/bin/env bash
# The browser tests drive a real Chromium: installed through apt when root, otherwise said what to install.
set -euo pipefail
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  printf '\n\033[1mInstalling Chromium and fonts for the browser tests (1 minute)\033[0m\n'
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null
else
  echo "The browser tests need Chromium: install it, for example with 'sudo apt-get install chromium fonts-noto-cjk', then run 'make test' again." >&2
  exit 1
fi
