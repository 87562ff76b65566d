# The clock of a simulated EC2 Mac, from the settings that its init writes, one a line: the simulated milliseconds, when
# in real ones, and how fast, in thousandths.

# Puts the time into `now_ms`.
mac_now() {
  local base since rate real=${EPOCHREALTIME//[!0-9]/}
  while read -r base since rate; do
    now_ms=$((base + (real / 1000 - since) * rate / 1000))
  done </System/Simulator/run/clock
}

# Puts what the Mac's clock said at a real moment, in seconds, into `then_seconds`.
mac_then() {
  local base since rate
  then_seconds=$1
  while read -r base since rate; do
    (( $1 * 1000 + 999 < since )) && break
    then_seconds=$(((base + ($1 * 1000 - since) * rate / 1000) / 1000))
  done </System/Simulator/run/clock
}

# Puts into `rate` how fast programs should take the clock to be: whole seconds in a real one, at most 20 (see
# simulators/ec2-mac/guest/init/clock.ts), and as fast as real time while it stands still.
mac_rate() {
  local base since
  read -r base since rate < <(tail -n 1 /System/Simulator/run/clock)
  rate=$((rate / 1000))
  ((rate >= 1)) || rate=1
  ((rate <= 20)) || rate=20
}
