"""Makes a planted study's data: benchmarks, corpus, tokenizer, 32 models, truth and, of the first study, goldens.

    python3 make.py [--study planted|planted-hard] [--models m01,m02,...|none] [--workers 2]

Without --models everything is made. See README.md.
"""

import argparse
import gzip
import hashlib
import json
import multiprocessing
import os
import time

import torch

import benchmarks
import gguf
import language
import model
import random_models
import random_quants
import reference
import studies
import tokenizer
import truth

HERE = os.path.dirname(os.path.abspath(__file__))
TESTDATA = os.path.join(HERE, "../../../internal/transformer/testdata")
VOCABULARY = 1000
DOCUMENT_PIECES = (80, 105)
CORPUS_PIECES = 21000
TRAINING_SENTENCES = (1, 1, 1, 2, 3, 5, 8)
GOLDEN_MODELS, GOLDEN_TOKENS = ("m01", "m02", "m03"), 2000


def train_tokenizer(spoken: language.Language) -> tokenizer.Tokenizer:
    r = language.Source("tokenizer")
    return tokenizer.Tokenizer.train([spoken.document(r, d, 4000) for d in spoken.domains], VOCABULARY)


def stream(spoken: language.Language, tok: tokenizer.Tokenizer, weights: dict, tokens: int, seed: str) -> torch.Tensor:
    """Documents of drawn domains, each after BOS, run together to one sequence."""
    r = language.Source(seed)
    domains, share, out = list(weights), list(weights.values()), []
    while len(out) < tokens:
        domain = r.choices(domains, share)[0]
        out.append(tok.bos)
        out += tok.encode(spoken.document(r, domain, r.choice(TRAINING_SENTENCES)))
    return torch.tensor(out[:tokens])


def write_corpus(spoken: language.Language, path: str) -> None:
    """Held-out documents, the domains in turn; its generator differs from every training stream's."""
    r, pieces, lines = language.Source("corpus"), 0, []
    while pieces < CORPUS_PIECES:
        domain = spoken.corpus[len(lines) % len(spoken.corpus)]
        target, words = r.randint(*DOCUMENT_PIECES), []
        while len(words) < target - 6:
            words += spoken.sentence(r, domain).split()
        lines.append(f"%% d{len(lines) + 1:03d} {domain}\n{' '.join(words)}\n")
        pieces += len(words)
    with open(path, "w") as f:
        f.writelines(lines)


def make_model(task: tuple) -> str:
    """Trains and writes one model; runs in a worker process."""
    study, number, tok = task
    study = studies.STUDIES[study]
    torch.set_num_threads(1)
    name, run, start = f"m{number + 1:02d}", study.design.run(number), time.time()
    data = stream(study.language, tok, run["weights"], model.ROWS * model.LENGTH * run["steps"] + 1, f"training {name}")
    trained, loss = model.train(data, len(tok.tokens), run["steps"], seed=1000)
    keys = gguf.bpe_keys(tok.tokens, tok.merges, tok.bos)
    model.export(trained, f"{study.name} {name}", f"{study.folder}/models/{name}.gguf", keys)
    return f"{name}: {run['steps']} steps, loss {loss:.3f}, {time.time() - start:.0f} s"


def write_goldens(study: studies.Study, tok: tokenizer.Tokenizer, path: str) -> None:
    """Reference log-probabilities for three models: a prompt of every benchmark, then corpus documents.

    Each model gets other documents, until GOLDEN_TOKENS next tokens are reached in all.
    """
    prompts = [rows[0]["question"] for rows in study.items().values()]
    with open(f"{study.folder}/corpus.txt") as f:
        documents = [line.strip() for line in f if not line.startswith("%%")]
    out, count = [], 0
    for start, name in enumerate(GOLDEN_MODELS):
        ref, sequences = reference.Reference(f"{study.folder}/models/{name}.gguf"), []
        for text in (prompts + documents)[start::len(GOLDEN_MODELS)]:
            if count >= GOLDEN_TOKENS * (start + 1) // len(GOLDEN_MODELS):
                break
            ids = [tok.bos] + tok.encode(text)
            sequences.append({"text": text, "ids": ids, "logprobs": ref.next_logprobs(ids)})
            count += len(ids) - 1
        out.append({"file": f"{name}.gguf", "sequences": sequences})
    with gzip.GzipFile(path, "wb", mtime=0) as f:
        f.write(json.dumps(out).encode())


def write_digests(study: studies.Study) -> None:
    names = ["corpus.txt", "truth.toml"]
    names += [f"{d}/{n}" for d in ("benchmarks", "models") for n in sorted(os.listdir(f"{study.folder}/{d}"))]
    with open(study.digests, "w") as out:
        for name in names:
            with open(f"{study.folder}/{name}", "rb") as f:
                out.write(f"{hashlib.sha256(f.read()).hexdigest()}  {name}\n")


def train_all(study: studies.Study, tok: tokenizer.Tokenizer, wanted: list, workers: int) -> None:
    # Longest first, so that the workers end together.
    numbers = sorted((int(name[1:]) - 1 for name in wanted), key=lambda i: -study.design.run(i)["steps"])
    with multiprocessing.Pool(workers) as pool:
        for line in pool.imap_unordered(make_model, [(study.name, i, tok) for i in numbers], chunksize=1):
            print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", default="planted", choices=studies.STUDIES)
    parser.add_argument("--models", help="only these, comma-separated; none trains none")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    study = studies.STUDIES[options.study]
    wanted = options.models.split(",") if options.models else [f"m{i:02d}" for i in range(1, 33)]
    for folder in ("models", "benchmarks"):
        os.makedirs(f"{study.folder}/{folder}", exist_ok=True)
    tok = train_tokenizer(study.language)
    benchmarks.write(study.asked, study.language.forms, f"{study.folder}/benchmarks")
    write_corpus(study.language, f"{study.folder}/corpus.txt")
    if options.models != "none":
        train_all(study, tok, wanted, options.workers)
    names = sorted(name.removesuffix(".gguf") for name in os.listdir(f"{study.folder}/models"))
    truth.write(study, f"{study.folder}/truth.toml", names)
    if study.name == "planted":
        random_models.make(TESTDATA)
        random_quants.make(TESTDATA)
        write_goldens(study, tok, f"{TESTDATA}/planted.json.gz")
    write_digests(study)


if __name__ == "__main__":
    main()
