# What the scripts of this folder share. Figures are kept in the current folder,
# a file for each name, a line for each round.
# shellcheck shell=bash

taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A port from the given one on that nobody listens on.
free_port() {
    local port=${1:-$((20000 + RANDOM % 10000))}
    while taken "$port"; do port=$((port + 1)); done
    echo "$port"
}

# A figure out of the JSON of `load`.
figure() { sed -nE "s/.*\"$1\": ?([0-9.]+).*/\1/p"; }

note() {
    [[ $2 ]] || { echo "there is no figure for $1" >&2 && exit 1; }
    echo "$2" >>"$1.figures"
}

# The median of what was noted; nothing where nothing was.
value() {
    [[ ! -e $1.figures ]] || sort -g "$1.figures" | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}

# One as a multiple of the other.
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (a != "" && b > 0) printf "%.2f x", a / b; else print "-" }'; }
