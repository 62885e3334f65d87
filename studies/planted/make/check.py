"""Says whether the planted truth can be measured, before sdmap is asked.

    python3 check.py [planted-hard]

Prints, for the models and benchmarks that are there: scores, general factor, the
areas under the curve of same-skill against different-skill pairs on simple
versions of the four axes, and the planted pairs with what a flag would need.
The estimators are plain versions of sdmap's; they share no code with it.
"""

import glob
import itertools
import sys

import numpy as np
from scipy import stats

import studies
import zoo

STUDY = studies.STUDIES[sys.argv[1] if len(sys.argv) > 1 else "planted"]
BENCH = STUDY.asked.benchmarks
NAMES = [b.id for b in BENCH]
FAMILY = np.array([b.family for b in BENCH])
AT = {n: i for i, n in enumerate(NAMES)}
PAIRS = list(itertools.combinations(range(len(BENCH)), 2))
SIGNATURE = 50


def ranks(x):
    return stats.rankdata(x, axis=0)


def normal_scores(y):
    return stats.norm.ppf((ranks(y) - 0.5) / len(y))


def general_factor(z, leave_out):
    """First principal component of the normal scores, without the families left out: (unit vector, columns used)."""
    keep = ~np.isin(FAMILY, FAMILY[list(leave_out)])
    x = (z[:, keep] - z[:, keep].mean(0)) / (z[:, keep].std(0) + 1e-9)
    u, _, vt = np.linalg.svd(x, full_matrices=False)
    return u[:, 0] * np.sign(vt[0].sum()), keep.sum()


def residual(x, g):
    x = x - x.mean(0)
    g = (g - g.mean()) / np.linalg.norm(g - g.mean())
    return x - np.multiply.outer(g, g @ x)


def symmetric(value):
    out = np.eye(len(BENCH))
    for a, b in PAIRS:
        out[a, b] = out[b, a] = value(a, b)
    return out


def g_free(y):
    z = normal_scores(y)

    def one(a, b):
        g, _ = general_factor(z, (a, b))
        r = residual(z[:, [a, b]], g)
        return np.corrcoef(r.T)[0, 1]
    return symmetric(one)


def reliability(items, splits=20):
    """Spearman-Brown split-half of the g-free scores of every benchmark."""
    rng, out = np.random.default_rng(7), []
    z = normal_scores(items.mean(2))
    for b in range(items.shape[1]):
        g, _ = general_factor(z, (b,))
        rs = []
        for _ in range(splits):
            order = rng.permutation(items.shape[2])
            halves = [items[:, b, part].mean(1) for part in np.array_split(order, 2)]
            r = residual(normal_scores(np.array(halves).T), g)
            rs.append(np.corrcoef(r.T)[0, 1])
        r = np.mean(rs)
        out.append(2 * r / (1 + r))
    return np.array(out)


def signatures(y, bits, tail="good"):
    """Overlap of signatures, and the pieces of each: surprisal z-scored within model, g taken out of the scores."""
    z = (bits - bits.mean(1, keepdims=True)) / bits.std(1, keepdims=True)
    r, zy = ranks(z), normal_scores(y)
    profile, chosen = [], []
    for b in range(y.shape[1]):
        target = residual(ranks(y[:, b]), general_factor(zy, (b,))[0])
        order = np.argsort(target @ (r - r.mean(0)), kind="stable")
        good, bad = order[:SIGNATURE], order[-SIGNATURE:]
        profile.append(z[:, good].mean(1) - (z[:, bad].mean(1) if tail == "signed" else 0))
        chosen.append(good)
    return stats.spearmanr(np.array(profile).T)[0], chosen


def cross_fitted(y, bits, blocks, splits=20):
    """Screens on half of the models and documents, takes the overlap on the others."""
    rng, total = np.random.default_rng(11), 0
    for _ in range(splits):
        m, d = rng.permutation(len(y)), rng.permutation(blocks.max() + 1)
        train, test = m[:len(y) // 2], m[len(y) // 2:]
        first = np.isin(blocks, d[:len(d) // 2])
        z = (bits - bits.mean(1, keepdims=True)) / bits.std(1, keepdims=True)
        zt, zy, profile = ranks(z[train][:, first]), normal_scores(y[train]), []
        for b in range(y.shape[1]):
            target = residual(ranks(y[train, b]), general_factor(zy, (b,))[0])
            good = np.argsort(target @ (zt - zt.mean(0)), kind="stable")[:SIGNATURE]
            profile.append(z[test][:, np.flatnonzero(first)[good]].mean(1))
        total = total + stats.spearmanr(np.array(profile).T)[0]
    return total / splits


def neural(means):
    """Pearson of mean patterns, neurons z-scored over benchmarks; layers and models averaged: models x B x B."""
    out = []
    for m in means:
        layers = []
        for layer in range(1, m.shape[1]):
            x = m[:, layer]
            layers.append(np.corrcoef((x - x.mean(0)) / (x.std(0) + 1e-9)))
        out.append(np.mean(layers, 0))
    return np.array(out)


def crossnobis(halves, sd):
    """Squared distance of half means, cross-validated, each neuron by its noise: models x B x B."""
    out = []
    for h, s in zip(halves, sd):
        a, b = (h[:, i].reshape(len(h), -1) for i in (0, 1))
        noise = np.sqrt((s ** 2).mean(0)) + 1e-6
        a, b = a / noise, b / noise
        gram = a @ b.T
        gram = (gram + gram.T) / 2
        out.append((np.diag(gram)[:, None] + np.diag(gram) - 2 * gram) / a.shape[1])
    return np.array(out)


def mmd(groups):
    """Unbiased squared maximum mean discrepancy and kernel cosine under one Gaussian kernel: B x B each."""
    x = np.concatenate(groups)
    d = np.maximum((x * x).sum(1)[:, None] + (x * x).sum(1) - 2 * x @ x.T, 0)
    k = np.exp(-d / (2 * np.median(d[np.triu_indices(len(d), 1)])))
    n, c = len(groups[0]), len(groups)
    k = k.reshape(c, n, c, n)
    mean = k.mean((1, 3))
    own = np.array([(k[i, :, i].sum() - n) / (n * (n - 1)) for i in range(c)])
    mean[np.arange(c), np.arange(c)] = own
    return own[:, None] + own - 2 * mean, mean / np.sqrt(np.outer(own, own))


def tfidf(texts, dimensions=64):
    words = [t.split() for t in texts]
    vocabulary = {w: i for i, w in enumerate(sorted({w for t in words for w in t}))}
    counts = np.zeros((len(texts), len(vocabulary)))
    for i, t in enumerate(words):
        for w in t:
            counts[i, vocabulary[w]] += 1
    x = counts * (np.log((1 + len(texts)) / (1 + (counts > 0).sum(0))) + 1)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    return u[:, :dimensions] * s[:dimensions]


def kin(a, b):
    """1 same skill, 0 different, None where the truth keeps the pair out."""
    for p in STUDY.asked.pairs:
        if {p.a, p.b} == {NAMES[a], NAMES[b]} and not p.in_auc:
            return None
    if len(BENCH[a].skills) != 1 or len(BENCH[b].skills) != 1:
        return None
    return int(BENCH[a].skills == BENCH[b].skills)


def auc(similarity, label):
    yes = np.array([similarity[p] for p in PAIRS if label(*p) == 1])
    no = np.array([similarity[p] for p in PAIRS if label(*p) == 0])
    wins = (yes[:, None] > no).mean() + 0.5 * (yes[:, None] == no).mean()
    return f"{wins:.3f}  (same {yes.mean():+.2f}, other {no.mean():+.2f}; {len(yes)} against {len(no)} pairs)"


def above_median(stack, draws=400):
    """How often, over half-samples of models, a pair's distance lies above the median pair's."""
    rng, iu = np.random.default_rng(3), np.triu_indices(stack.shape[1], 1)
    hits = np.zeros(stack.shape[1:])
    for _ in range(draws):
        d = stack[rng.permutation(len(stack))[:len(stack) // 2]].mean(0)
        hits += d > np.median(d[iu])
    return hits / draws


def main():
    paths = sorted(glob.glob(f"{STUDY.folder}/models/*.gguf"))
    data = zoo.measure(STUDY.folder, paths, NAMES)
    items, m = data["items"], len(paths)
    y = items.mean(2)
    real = [i for i, b in enumerate(BENCH) if b.skills]
    raw = stats.spearmanr(y)[0]
    free, rel = g_free(y), reliability(items)
    x = normal_scores(y)[:, real]
    share = np.linalg.eigvalsh(np.corrcoef(x.T))[::-1] / len(real)
    print(f"{m} models; median raw Spearman {np.median([raw[p] for p in PAIRS if set(p) <= set(real)]):.2f}; "
          f"principal components {np.round(share[:5], 2)}")
    for i, n in enumerate(NAMES):
        q = np.quantile(y[:, i], [0, 0.25, 0.5, 0.75, 1])
        print(f"  {n:13s} quartiles {np.round(q, 2)}  g-free reliability {rel[i]:.2f}")

    documents = [text for _, _, text in zoo.corpus_documents(STUDY.folder)]
    blocks = np.repeat(np.arange(len(documents)), [len(t.split(" ")) - 30 for t in documents])
    good, chosen = signatures(y, data["bits"])
    signed, _ = signatures(y, data["bits"], "signed")
    crossed = cross_fitted(y, data["bits"], blocks)
    patterns = neural(data["means"])
    nobis = crossnobis(data["halves"], data["sd"])
    texts = [r["question"] for n in NAMES for r in zoo.benchmark_rows(STUDY.folder, n)]
    split = lambda v: np.split(v, len(NAMES))
    lexical_d, lexical = mmd([g[::2] for g in split(tfidf(texts))])
    longest, tok = zoo.load(paths[int(np.argmax(y.mean(1)))])
    with zoo.torch.no_grad():
        states = [zoo.mean_states(longest, tok, zoo.benchmark_rows(STUDY.folder, n)[::2]) for n in NAMES]
    states_d, hidden = mmd(states)
    print("same skill against different skill:")
    for name, s in [("raw Spearman", raw), ("g-free", free), ("good signature", good), ("signed signature", signed),
                    ("good, cross-fitted", crossed), ("neural, mean patterns", patterns.mean(0)),
                    ("neural, -crossnobis", -nobis.mean(0)), ("TF-IDF", lexical), ("hidden-state text", hidden)]:
        print(f"  {name:22s} {auc(s, kin)}")
    same_surface = lambda a, b: int(BENCH[a].surface == BENCH[b].surface)
    for name, s in [("TF-IDF", lexical), ("hidden-state text", hidden)]:
        print(f"  same surface, {name:8s} {auc(s, same_surface)}")
    for i in real:
        domains = data["domains"][chosen[i]]
        own = {s + tongue for b in BENCH if set(b.columns) & set(BENCH[i].columns) - {"dialect"} for s in b.skills for tongue in ("", "~")}
        print(f"  {NAMES[i]:13s} signature from its own domain(s): {np.isin(domains, list(own)).mean():.2f}")

    print("planted pairs: raw, g-free, disattenuated upper bound, semantic and neural distance above the median")
    far = above_median(nobis)
    iu = np.triu_indices(len(NAMES), 1)
    for p in STUDY.asked.pairs:
        a, b = AT[p.a], AT[p.b]
        _, k = general_factor(y, (a, b))
        z = np.arctanh(np.clip(free[a, b], -0.999, 0.999))
        flag = stats.norm.sf((z - np.arctanh(1 / (k + 1))) * np.sqrt(m - 4))
        upper = np.tanh(z + 1.645 / np.sqrt(m - 4)) / np.sqrt(max(rel[a], 0.01) * max(rel[b], 0.01))
        print(f"  {p.kind} {p.a:12s} {p.b:12s} raw {raw[a, b]:+.2f} free {free[a, b]:+.2f} p {flag:.1e} upper {min(upper, 1):+.2f} "
              f"lexical {lexical_d[a, b] > np.median(lexical_d[iu])!s:5} states {states_d[a, b] > np.median(states_d[iu])!s:5} "
              f"neural {far[a, b]:.2f} pattern r {patterns.mean(0)[a, b]:+.2f}  {p.expect}")
    others = sorted(((free[q], q) for q in PAIRS if kin(*q) == 0), reverse=True)[:8]
    print("largest g-free overlaps of unrelated pairs:", [(NAMES[a], NAMES[b], round(r, 2)) for r, (a, b) in others])
    print("false kind-4 candidates need p below about", f"{0.1 / len(PAIRS) / np.sum(1 / np.arange(1, len(PAIRS) + 1)):.1e}",
          "x the rank of the pair")


if __name__ == "__main__":
    main()
