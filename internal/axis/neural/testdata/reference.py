"""Reference values for the neural axis: numpy and scipy on small data, formulas written out as loops over splits and items.

Written to reference.json by
    python3 -m venv v && v/bin/pip install numpy==2.4.6 scipy==1.17.1
    v/bin/python reference.py
"""
import itertools
import json
import numpy as np
from scipy.stats import spearmanr

rng = np.random.default_rng(20262)
models, layers, width, sizes = 3, 2, 6, [4, 6, 4, 8]
blocks = len(sizes)
means = rng.normal(size=(blocks, width))
states = [[None] * blocks for _ in range(models)]
for m in range(models):
    readout = rng.normal(size=(width, layers * width)) * 0.6
    for b in range(blocks):
        noise = rng.normal(size=(sizes[b], layers * width))
        states[m][b] = ((means[b] @ readout) + noise).reshape(sizes[b], layers, width).astype(np.float32).astype(float)
pairs = list(itertools.combinations(range(blocks), 2))


def rdm(m, l):
    mu = np.array([states[m][b][:, l].mean(0) for b in range(blocks)])
    var = np.array([states[m][b][:, l].var(0) for b in range(blocks)])
    sd = np.sqrt(var.mean(0) + ((mu - mu.mean(0)) ** 2).mean(0))
    r = np.corrcoef((mu - mu.mean(0)) / sd)
    return np.array([1 - r[a, b] for a, b in pairs])


unit = np.array([[rdm(m, l) / np.linalg.norm(rdm(m, l)) for l in range(layers)] for m in range(models)])
scale = np.mean([[1 / np.linalg.norm(rdm(m, l)) for l in range(layers)] for m in range(models)])
overlap = 1 - unit.mean(1).mean(0) / scale


def halves(n):
    return [list(c) for c in itertools.combinations(range(n), n // 2)]


def crossnobis(m, l):
    """Mean over all splits of each benchmark's items into two halves, cross terms between independent splits."""
    noise = np.mean([states[m][b][:, l].var(0, ddof=1) for b in range(blocks)], 0)
    x = [states[m][b][:, l] / np.sqrt(noise * width) for b in range(blocks)]
    out = []
    for a, b in pairs:
        total, n = 0.0, 0
        for ha in halves(sizes[a]):
            oa = [i for i in range(sizes[a]) if i not in ha]
            for hb in halves(sizes[b]):
                ob = [i for i in range(sizes[b]) if i not in hb]
                total += (x[a][ha].mean(0) - x[b][hb].mean(0)) @ (x[a][oa].mean(0) - x[b][ob].mean(0))
                n += 1
        out.append(total / n)
    return np.array(out)


nobis = np.array([[crossnobis(m, l) for l in range(layers)] for m in range(models)])
weight = 1 / np.linalg.norm(nobis, axis=2)
average = (nobis * weight[:, :, None]).sum((0, 1)) / weight.sum()
vectors = unit.mean(1)
others = [vectors[[k for k in range(models) if k != m]] for m in range(models)]
cos = lambda x, y: float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))
norm = lambda v: v / np.linalg.norm(v)

weights = np.array([[1, 0, 0, 0], [0.25, 0.75, 0, 0], [0.5, 0.25, 0.25, 0], [0.7, 0.1, 0.1, 0.1]])


def entropy(rows):
    values = [-(r[r > 0] / r.sum() * np.log(r[r > 0] / r.sum())).sum() / np.log(len(r)) for r in rows if len(r) > 1]
    return float(np.mean(values))


frequencies = rng.uniform(size=(3, 5))
json.dump({
    "sizes": sizes, "layers": layers, "width": width, "states": [[states[m][b].ravel().tolist() for b in range(blocks)] for m in range(models)],
    "overlap": overlap.tolist(), "crossnobis": average.tolist(), "layer0": rdm(0, 0).tolist(),
    "spearman01": float(spearmanr(vectors[0], vectors[1])[0]), "cosine01": cos(vectors[0], vectors[1]),
    "upper": float(np.mean([cos(v, np.sum([norm(w) for w in vectors], 0)) for v in vectors])),
    "lower": float(np.mean([cos(vectors[m], np.sum([norm(w) for w in others[m]], 0)) for m in range(models)])),
    "attention": weights.ravel().tolist(),
    "features": [entropy([weights[t, : t + 1] for t in range(4)]), entropy([weights[t, 1 : t + 1] for t in range(4)]),
                 float(np.mean([sum(weights[t, k] * (t - k) for k in range(t + 1)) for t in range(4)]))],
    "frequencies": frequencies.ravel().tolist(),
    "jaccard": [float(np.minimum(frequencies[a], frequencies[b]).sum() / np.maximum(frequencies[a], frequencies[b]).sum())
                for a, b in itertools.combinations(range(3), 2)],
}, open("reference.json", "w"))
