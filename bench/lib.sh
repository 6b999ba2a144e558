# Functions that the scripts in this folder share. Figures are stored in the current
# folder: one file for each name, one line for each round.
# shellcheck shell=bash

taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The first free port, from the given one on.
free_port() {
    local port=${1:-$((20000 + RANDOM % 10000))}
    while taken "$port"; do port=$((port + 1)); done
    echo "$port"
}

# Reads one figure from the JSON of `load`.
figure() { sed -nE "s/.*\"$1\": ?([0-9.]+).*/\1/p"; }

note() {
    [[ $2 ]] || { echo "there is no figure for $1" >&2 && exit 1; }
    echo "$2" >>"$1.figures"
}

# The median of the noted figures; nothing if there are none.
value() {
    [[ ! -e $1.figures ]] || sort -g "$1.figures" | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}

# The first as a multiple of the second.
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (a != "" && b > 0) printf "%.2f x", a / b; else print "-" }'; }
