#!/bin/sh
# Says which of the programs that a computer needs are missing, each with the one command to type.
set -u

missing=0
case "$(uname -s)" in
  Darwin) system=brew ;;
  *) system=apt ;;
esac

# need PROGRAM BREW_COMMAND APT_COMMAND
need() {
  command -v "$1" >/dev/null 2>&1 && return 0
  report "$1 is missing." "$2" "$3"
}

# report WHAT BREW_COMMAND APT_COMMAND
report() {
  missing=1
  if [ "$system" = brew ]; then fix=$2; else fix=$3; fi
  printf '%s\n  Install it: %s\n' "$1" "$fix" >&2
}

need node "brew install node" "sudo apt-get install -y nodejs npm"
need npm "brew install node" "sudo apt-get install -y npm"
need go "brew install go" "sudo apt-get install -y golang"
need git "xcode-select --install" "sudo apt-get install -y git"
need ssh "xcode-select --install" "sudo apt-get install -y openssh-client"
need ssh-keygen "xcode-select --install" "sudo apt-get install -y openssh-client"
need python3 "brew install python" "sudo apt-get install -y python3 python3-venv"
if command -v python3 >/dev/null 2>&1 && ! python3 -c 'import venv, ensurepip' >/dev/null 2>&1; then
  report "python3 cannot make virtual environments." "brew install python" "sudo apt-get install -y python3-venv"
fi
if command -v node >/dev/null 2>&1 && ! node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)'; then
  report "node $(node --version) is too old: 20 or newer is needed to install Node 24." "brew upgrade node" "npm install --global n && n 24"
fi
exit "$missing"
