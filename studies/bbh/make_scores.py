"""Makes scores.csv: what 75 base models score on BIG-Bench Hard, answering directly and with chain of thought.

    python3 make_scores.py FOLDER

FOLDER holds base_llm_post_training_eval.csv and base_llm_benchmark_eval.csv of ryoungj/ObsScaling at
4d6e1e43fd2635d04654aa77d1df9d5266ea0382 (folder eval_results; Apache-2.0). Of the four numbers that the first table has for
each column the one called "exact_match,flexible-extract" is taken for both ways of answering: the strict match asks direct
answers for the words of a chain of thought, so that nearly all of them are 0. Models without these columns are left out;
columns "overall" are means of the others and are left out. Training compute and the family of models come from the second.
"""

import csv
import sys

WAYS = {"direct": "bbh_fewshot_", "cot": "bbh_cot_fewshot_"}
RULE = "_3_exact_match,flexible-extract"


def table(path: str) -> list:
    with open(path, newline="") as f:
        return list(csv.DictReader(f))


def main() -> None:
    folder = sys.argv[1]
    scores = table(f"{folder}/base_llm_post_training_eval.csv")
    known = {row["Model"]: row for row in table(f"{folder}/base_llm_benchmark_eval.csv")}
    tasks = [c.removeprefix("bbh_fewshot_").removesuffix(RULE) for c in scores[0] if c.startswith("bbh_fewshot_") and c.endswith(RULE)]
    tasks = sorted(t for t in tasks if t != "overall")
    columns = {f"{task}.{way}": prefix + task + RULE for task in tasks for way, prefix in WAYS.items()}
    with open("scores.csv", "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(["model", "lineage", "flops", *columns])
        for row in scores:
            if row[columns[f"{tasks[0]}.direct"]]:
                about = known[row["Model"]]
                # Training compute is given in units of 1e21.
                flops = about["FLOPs (1E21)"] and f"{float(about['FLOPs (1E21)']):.6g}e21"
                out.writerow([row["Model"], about["Model Family"], flops] + [f"{float(row[c]):.6g}" for c in columns.values()])


if __name__ == "__main__":
    main()
