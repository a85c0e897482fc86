#!/usr/bin/env bash
# The main job, end to end, on the bundled data: import, a large teacher, small students distilled from it by
# DE, RRD, both and ALS beside what one would do instead, and what each kept. Ends with the table and with recommendations side by side. What it
# made stays in runs/demo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/build.sh release derrd_program -DDERRD_UNITY=ON  # as scripts/test.sh builds it
derrd=build/release/derrd
runs=runs/demo
rm -rf "$runs"
mkdir -p "$runs"
packages="$runs/packages.derrd"
teacher="$runs/teacher.derrd"
width=20
# Fewer experts, a faster schedule and fewer epochs than the paper's, so that all is done in minutes.
brief=(--epochs 120)
experts=(--de-experts 10 --de-temperature-epochs 300)

say() { printf '\n== [%s s] %s\n' "$SECONDS" "$*"; }
make() { # NAME WORDS: runs derrd WORDS -o runs/demo/NAME.derrd
  "$derrd" "${@:2}" --log "$runs/$1.jsonl" -o "$runs/$1.derrd"
}
distil() { # NAME METHOD FLAGS
  make "$1" distill "$packages" --teacher "$teacher" --method "$2" --width "$width" --patience 10 "${@:3}"
}

say "Import: which packages does each Debian source package build on?"
"$derrd" import data/debian-packages.tsv.zst --header yes --user source --item package \
  --item-names data/debian-package-names.tsv.zst --split leave-one-out -o "$packages"

say "Teacher: 200 numbers for each user and item"
make teacher train "$packages" --width 200 --patience 10 "${brief[@]}"

say "Student of $width numbers, from scratch"
distil scratch none "${brief[@]}"
say "Teacher cut to $width numbers by truncated SVD"
"$derrd" distill "$packages" --teacher "$teacher" --method svd --width "$width" -o "$runs/svd.derrd"
say "Student taught by DE: the teacher's representations"
distil de de "${brief[@]}" "${experts[@]}"
say "Student taught by RRD: the teacher's rankings"
distil rrd rrd "${brief[@]}"
say "Student taught by DE-RRD: both"
distil de-rrd de-rrd "${brief[@]}" "${experts[@]}"

say "Student by --method best: the teacher's rankings as least squares, solved"
distil best best

say "What each kept (test items the models have never seen; one thread for a query)"
"$derrd" evaluate "$packages" "$runs"/{scratch,svd,de,rrd,de-rrd,best}.derrd --teacher "$teacher" --latency

say "What else might they build on? The teacher (left) and its student of $width numbers (right)"
for source in vlc postgresql-15 scikit-learn; do
  for model in teacher best; do
    "$derrd" recommend "$runs/$model.derrd" --user "$source" -k 6 --dataset "$packages" \
      >"$runs/$source.$model.txt"
  done
  echo "$source"
  pr -m -t -w 170 "$runs/$source".{teacher,best}.txt | expand
  echo
done
say "Done. The student is $runs/best.derrd"
