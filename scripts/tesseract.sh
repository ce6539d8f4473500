#!/usr/bin/env bash
# Scans and images are read by tesseract: installed through apt when root, otherwise only said; everything works without.
set -euo pipefail
command -v tesseract >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  printf '\n\033[1mInstalling tesseract for the tests that read scans (20 seconds)\033[0m\n'
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends tesseract-ocr tesseract-ocr-chi-sim tesseract-ocr-chi-tra >/dev/null
else
  echo "Without tesseract the tests of scans and images are skipped: 'sudo apt-get install tesseract-ocr tesseract-ocr-chi-sim tesseract-ocr-chi-tra' brings it." >&2
fi
