#!/usr/bin/env bash
# Chromium and Firefox, which the tests start themselves: `start DIR` prints where they are, `stop DIR` has nothing to end.
set -euo pipefail
. "$(dirname "$0")/common.sh"

start() {
    install_packages chromium chromium-driver firefox-esr
    echo "SCS_CHROMEDRIVER=$(command -v chromedriver)"
    echo "SCS_FIREFOX=$(command -v firefox-esr)"
}

run "$@"
